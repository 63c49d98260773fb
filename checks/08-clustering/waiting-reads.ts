import type { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { mostHeldMs } from './held-requests.ts';
import { keptConnection, mustAnswer } from './requests.ts';
import { settled, workersByDefault } from './workers.ts';

/**
 * Every worker waits for a read that Redis has done already. Then one of them hears from Redis and answers a visit, and the
 * number is asked for again: the others may not answer from the read that they still wait for.
 */
export async function countsWhileReadsWait(t: Stage): Promise<void> {
  if (workersByDefault(t) < 2) return;
  let outcome: Outcome = 'too slow';
  for (let attempt = 1; attempt <= 3 && outcome !== 'judged'; attempt++) outcome = await judge(t, t.app(1));
  if (outcome === 'too slow')
    t.inconclusive('the machine is so slow that requests would have waited too long for Redis');
}

/** An app whose workers share a connection, or have several each, may let nobody wait. Then nothing is forced. */
type Outcome = 'judged' | 'nobody waits' | 'too slow';

async function judge(t: Stage, app: Instance): Promise<Outcome> {
  const agents: Agent[] = Array.from({ length: 8 * workersByDefault(t) }, keptConnection);
  const visits = async (method: 'GET' | 'POST', agent?: Agent): Promise<number> =>
    JSON.parse((await mustAnswer(t, app, method, '/visits', agent ? { agent } : {})).text).visits;
  try {
    // A kept connection that has had an answer is one that a worker has accepted.
    await Promise.all(agents.map((agent) => mustAnswer(t, app, 'GET', '/health', { agent })));
    const heldFrom = performance.now();
    const leftMs = () => mostHeldMs - (performance.now() - heldFrom);
    let visit: number | undefined;
    let waiting: Promise<unknown>;
    let late: Promise<number[]> | undefined;
    t.redis.holdReplies();
    try {
      const answered: Agent[] = [];
      waiting = Promise.all(agents.map((agent) => visits('GET', agent).then(() => answered.push(agent))));
      waiting.catch(() => {});
      if (!(await settled(app, leftMs() / 2))) return 'too slow';
      // Another app, in the background, may wait for something, too.
      for (let looks = 0; answered.length === 0 && leftMs() > 0; looks++) {
        if (looks % 12 === 0) t.redis.freeOne();
        await delay(5);
      }
      if (answered.length === agents.length) return 'nobody waits';
      visit = await Promise.race([visits('POST', answered[0]).catch(() => undefined), delay(leftMs() / 3, undefined)]);
      late = Promise.all(agents.map(() => visits('GET')));
      late.catch(() => {});
      await settled(app, leftMs() / 2);
    } finally {
      t.redis.resume();
    }
    if (leftMs() < 0) return 'too slow';
    await waiting;
    if (visit === undefined) return 'nobody waits';
    const least = Math.min(...(await late));
    t.step(`POST /visits while other workers wait for a read: {"visits":${visit}}`);
    t.require(least >= visit, {
      step: 'GET /visits, asked for after that answer',
      expected: `{"visits":${visit}} or more`,
      seen: `{"visits":${least}}`,
      because:
        'An answer leaves out a visit that was answered before it was asked for. The number is older than the question: it was read for somebody who asked earlier.',
      lookAt: 'when is the number in an answer read, before or after the request comes?',
    });
    return 'judged';
  } finally {
    t.redis.resume();
    for (const agent of agents) agent.destroy();
  }
}
