import type { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { excerpt, type Stage } from '../harness/sdk/index.ts';
import { inTurns, keptConnection, mustAnswer } from './requests.ts';
import { workersByDefault } from './workers.ts';

const visitors = 1_000;
const connections = 40;
/** Longer than anybody keeps a count to save a round trip. */
const settlesWithinMs = 2_500;

/** Many visitors at the same time, over all workers. Every answer in between must be possible, and the last one exact. */
export async function countsEachVisit(t: Stage): Promise<void> {
  const app = t.app(1);
  const ask = async (method: 'GET' | 'POST', agent?: Agent): Promise<number> =>
    visitsIn(t, method, (await mustAnswer(t, app, method, '/visits', agent ? { agent } : {})).text);
  const before = await ask('POST'); // A number that is read may be a kept one.
  let sent = 0;
  let answered = 0;
  const numbers: number[] = [];
  let impossible: { method: string; least: number; most: number; seen: number } | undefined;
  /** What was answered before must be in it; what was not sent yet can't be. */
  const askWithin = async (method: 'GET' | 'POST', agent?: Agent) => {
    const own = method === 'POST' ? 1 : 0;
    const least = answered + own;
    sent += own;
    const seen = (await ask(method, agent)) - before;
    if (own) numbers.push(seen);
    if (seen < least || seen > sent) impossible ??= { method, least, most: sent, seen };
    answered += own;
  };
  const agents = Array.from({ length: connections }, keptConnection);
  try {
    await inTurns(connections, agents, async (agent) => {
      for (let i = 0; i < visitors / connections; i++) {
        await askWithin('POST', agent);
        if (i % 5 === 4) await askWithin('GET'); // Over a fresh connection, so often by another worker.
      }
    });
  } finally {
    for (const agent of agents) agent.destroy();
  }
  t.step(`${visitors} × POST /visits over ${connections} connections`);
  const counts = async () => {
    const read = await Promise.all(Array.from({ length: 8 * workersByDefault(t) }, () => ask('GET')));
    return [...new Set(read.map((count) => count - before))];
  };
  const exact = (seen: number[]) => seen.length === 1 && seen[0] === visitors;
  const first = await counts();
  let seen = first;
  for (const since = performance.now(); !exact(seen) && performance.now() - since < settlesWithinMs; ) {
    await delay(100);
    seen = await counts();
  }
  // Connections that are dealt out evenly make the counts of all workers alike.
  const evenShares = seen.length === 1 && (seen[0] ?? 0) * workersByDefault(t) === visitors;
  t.require(exact(seen), {
    step: `${8 * workersByDefault(t)} × GET /visits`,
    expected: `${visitors} more than before, by every answer`,
    seen: `${seen.join(', ')} more`,
    ...(seen.length > 1 || evenShares
      ? {
          because: 'Each worker counts its own visits, in its own memory. The answer depends on who gives it.',
          lookAt: 'where is the counter, and which workers can see it?',
        }
      : {}),
  });
  const stale = {
    because:
      'All visits are counted in the end, but an answer leaves out some that were answered before it was asked for: the number is read from a copy, or written later.',
    lookAt: 'where does the number in an answer come from, and when is a visit written?',
  };
  t.require(exact(first), {
    step: `${8 * workersByDefault(t)} × GET /visits`,
    expected: `${visitors} more than before, at once`,
    seen: `${first.join(', ')} more; ${visitors} a moment later`,
    ...stale,
  });
  // Of three visitors who are told 16, 17 and 17, the last was told a number without all of the three.
  const short = numbers.sort((a, b) => a - b).findIndex((number, at) => number < at + 1);
  t.require(short < 0, {
    step: `the ${visitors} answers of POST /visits, in order`,
    expected: `no more than ${numbers[short]} of them to be ${numbers[short]} or less`,
    seen: `${numbers.filter((number) => number <= (numbers[short] as number)).length}`,
    because: 'Several visitors are told the same number: the answer is made before the visit is counted.',
    lookAt: 'which comes first, the answer or the count?',
  });
  if (!impossible) return;
  const { method, least, most } = impossible;
  t.require(false, {
    step: `one of the ${method} /visits among them`,
    expected: least === most ? `${least} more than before` : `${least} to ${most} more than before`,
    seen: `${impossible.seen} more`,
    ...(impossible.seen < least
      ? stale
      : {
          because: 'The answer counts more visits than there were.',
          lookAt: 'what is added for a visit, and how often?',
        }),
  });
}

function visitsIn(t: Stage, method: string, text: string): number {
  let visits: unknown;
  try {
    visits = JSON.parse(text)?.visits;
  } catch {}
  t.require(Number.isInteger(visits), {
    step: `${method} /visits`,
    expected: '{"visits": a whole number}',
    seen: excerpt(text),
    because: 'An answer is not what the README says.',
    lookAt: 'what does the route answer while many ask at the same time?',
  });
  return visits as number;
}
