import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { mustHaveOneEach, newOrder, offersOf, place } from './desk.ts';
import { eventually, startInTurn } from './patience.ts';
import { type Desk, graceMs, onceMore, placeAlone } from './take-over.ts';

/** The SMTP server takes so long for each e-mail, and a worker has one connection: it is free often enough. */
const latencyMs = 300;
/** They take more than twice the time in which the job must be taken over. */
const waiting = 24;
/** A worker that is late with everything, on a busy machine, does not begin so many others first. */
const certain = 3;
/** The worker that lives has noted its last e-mail by then, and has nothing to do. */
const notedWithinMs = 300;

/** A worker dies while many e-mails wait. They came later, and so does whatever is put behind them. */
export async function mustComeFirst(
  t: Stage,
  { env, smtp, visitor }: Desk,
  living: Instance,
  lockMs: number,
): Promise<void> {
  await delay(notedWithinMs);
  await living.kill();
  t.trail.begin(`JOB_LOCK_MS=${lockMs}, SMTP_CONNECTIONS=1; the SMTP server keeps its clients waiting`);
  smtp.hold();
  const one = { ...env, SMTP_CONNECTIONS: '1' };
  const worker = await startInTurn(t, one, { worker: true, isUrgent: true });
  const id = await placeAlone(t, smtp, visitor);
  await startInTurn(t, one, { worker: true, isUrgent: true });
  const others: string[] = [];
  while (others.length < waiting) others.push(await place(t, visitor, newOrder()));
  await worker.kill();
  const at = performance.now();
  t.trail.retell(
    1,
    `an order, another worker, and ${waiting} more orders; SIGKILL to the worker in the middle of the first e-mail`,
  );
  smtp.setLatency(latencyMs);
  smtp.release();
  t.step(`then the SMTP server takes ${latencyMs} ms for each e-mail`);
  // The living worker's connection is free only once the e-mail on it is answered.
  const withinMs = lockMs + graceMs + latencyMs;
  const isBegunSince = (ms: number) => (other: string) => offersOf(smtp, other).some(({ atMs }) => atMs > ms);
  await eventually(t, `the first e-mail ${onceMore(lockMs)}`, () => offersOf(smtp, id).length > 1, {
    withinMs,
    late: () => (others.some(isBegunSince(at)) ? behindTheOthers : {}),
    isCertain: () => others.filter(isBegunSince(at + withinMs)).length >= certain,
  });
  smtp.setLatency(0);
  await mustHaveOneEach(t, visitor, smtp, [id, ...others]);
}

const behindTheOthers: Teaching = {
  because:
    'The worker that lives begins one e-mail after the other, and not the one that the dead worker has left. With a long queue the customer who came first waits longest.',
  lookAt: 'what becomes of a job whose lock has expired: is it begun, or does it queue up once more, and at which end?',
};
