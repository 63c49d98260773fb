import type { Answer, Stage } from '../harness/sdk/index.ts';
import { forgetHolds, holdReaders } from './held-table.ts';
import { ask } from './truth.ts';

const requests = 30;
/** The statements that came first wait so long, and then every request can be answered. */
const heldMs = 800;
/** By the contract 1 s. A timer may be early by a little; what is measured here is never less than the app's own wait. */
const mayBeRefusedAfterMs = 950;
const deadlineMs = 10_000;

/** More requests than connections, and a connection gets free in less than a second. */
export async function queueing(t: Stage): Promise<void> {
  t.trail.begin();
  const asked: Promise<{ answer: Answer; waitedMs: number }>[] = [];
  let answered = 0;
  const letGo = await holdReaders(t, 'events');
  try {
    const sentAt = performance.now();
    for (let n = 0; n < requests; n++) {
      const one = timed(t, n % 2 ? '/events/5' : '/events?limit=5');
      one.then(
        () => answered++,
        () => answered++,
      );
      asked.push(one);
    }
    await t.until('the requests to wait', () => answered === requests || performance.now() - sentAt > heldMs);
  } finally {
    await letGo();
  }
  const all = await Promise.all(asked);
  const early = all.filter(({ answer, waitedMs }) => {
    answer.is(answer.status); // How somebody is refused is up to the app.
    return answer.status !== 200 && waitedMs < mayBeRefusedAfterMs;
  });
  const [first] = early;
  t.trail.begin(`${requests} × GET /events and /events/5 at once, whose statements wait for ${heldMs / 1_000} s`);
  t.require(first === undefined, {
    expected: '200 for each, or for who has waited a second for a connection another answer',
    seen: `${first?.answer.status} for ${early.length} of them, the first after ${Math.round(first?.waitedMs ?? 0)} ms`,
    because: `A statement took ${heldMs / 1_000} s, so the requests behind it waited for a connection. The app gave up before anybody had waited a second.`,
    lookAt:
      'how long may a request wait for a connection, and a statement for its rows? connectionTimeoutMillis is one of the limits.',
  });
  await forgetHolds(t, ['events']);
}

async function timed(t: Stage, path: string): Promise<{ answer: Answer; waitedMs: number }> {
  const sentAt = performance.now();
  const answer = await ask(t, path, { deadlineMs });
  return { answer, waitedMs: performance.now() - sentAt };
}
