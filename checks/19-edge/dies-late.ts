import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { ask, inWords, type Reply } from './ask.ts';
import { ada, newGetsOfAll } from './new-gets.ts';

/** How long the instance works on its requests. An edge may rightly give one up after two seconds. */
const worksForMs = 1_200;
/** Later than that, it may have no time left for the other instance. */
const atMostMs = 1_600;
const mostTries = 3;

/** Beside other steps, on an nginx of its own. */
export async function mustAskAnother(t: Stage): Promise<void> {
  const nginx = await t.startService('nginx');
  const [dying] = nginx.gates;
  for (let tries = 1; tries <= mostTries; tries++) {
    dying?.door.holdReplies();
    const begunAt = performance.now();
    const gets = newGetsOfAll().map(async ({ path, headers }) => ({
      path,
      headers,
      reply: await ask(nginx.url, path, { headers }),
    }));
    await delay(worksForMs);
    await dying?.door.cut();
    const isJudged = performance.now() - begunAt < atMostMs;
    const replies = await Promise.all(gets);
    if (isJudged) {
      for (const one of replies) mustBeAnswered(t, 'an instance dies 1.2 s after it has got the request', one);
      return;
    }
    dying?.door.resume();
    await dying?.door.restore();
    await nginx.startAgain();
  }
}

interface Answered {
  path: string;
  headers: Record<string, string>;
  reply: Reply;
}

export function mustBeAnswered(t: Stage, when: string, { path, headers, reply }: Answered): void {
  t.require(reply.status === 200 || (reply.status === 404 && path.includes('/none')), {
    step: `${when}: GET ${path}${headers === ada ? ' with Authorization' : ''}`,
    expected: 'an answer of the other one',
    seen: inWords(reply),
  });
}
