import { setTimeout as delay } from 'node:timers/promises';
import type { LoadFinding, Stage } from '../harness/sdk/index.ts';

const drainedWithinMs = 20_000;
/** Longer than a job whose worker is gone has to wait for another one. */
const quietMs = 8_000;
const latencyMs = 200;

/** The SMTP server is slow, and after the load every order must have its one e-mail. */
export async function everyEmailArrives(t: Stage): Promise<(requests: number) => Promise<LoadFinding>> {
  t.smtp.reset();
  t.smtp.setLatency(latencyMs);
  return async (requests) => {
    const lastAt = performance.now();
    const distinct = () => new Set(t.smtp.accepted.map(({ messageId }) => messageId)).size;
    // Nothing came for so long: nothing will.
    const newestAt = () => Math.max(lastAt, t.smtp.accepted.at(-1)?.atMs ?? 0);
    const mayCome = () => performance.now() - lastAt < drainedWithinMs && performance.now() - newestAt() < quietMs;
    while (distinct() < requests && mayCome()) await delay(50);
    const tookMs = performance.now() - lastAt;
    await t.smtp.restore();
    const total = t.smtp.accepted.length;
    const note = `${total} e-mails for ${requests} orders, the last one ${(tookMs / 1_000).toFixed(1)} s after the last order`;
    const figure = {
      title: 'the last e-mail after the last order',
      measured: Math.round(tookMs),
      limit: drainedWithinMs,
      unit: 'ms',
    };
    if (distinct() === requests && total === requests) return { note, figure };
    return {
      note,
      failure: {
        kind: 'target',
        trail: [{ what: `the load run, ${requests} orders, and ${drainedWithinMs / 1_000} s for their e-mails` }],
        expected: `${requests} e-mails, each once`,
        seen: `${total}, of ${distinct()} orders`,
        because:
          'The queue grows faster than the worker sends, or the worker loses or repeats jobs when there are many.',
        lookAt: 'how many e-mails does a worker send at a time, and what becomes of a job that waits long?',
      },
    };
  };
}
