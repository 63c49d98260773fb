import { setTimeout as delay } from 'node:timers/promises';
import type { SmtpHandle, Stage, Visitor } from '../harness/sdk/index.ts';
import { newOrder, offersOf, place, untilStatus } from './desk.ts';

/** More than most clients wait for an answer whose authors have set a limit. By RFC 5321 an e-mail may take ten minutes. */
const slowMs = 16_000;
const begunWithinMs = 1_500;
/** By then the SMTP server has seen that the connections of a dead worker are closed. */
const deathIsSeenWithinMs = 300;

/** E-mails that a worker which lives has sent, and for whose answer it waits. */
export interface Slow {
  ids: string[];
  /** How often each was offered to the SMTP server when the wait began. */
  offers: number;
  /** performance.now() then. */
  at: number;
}

/** @returns the e-mail of one more order, if a worker begins with it at once. */
export async function beginSlow(t: Stage, smtp: SmtpHandle, visitor: Visitor): Promise<Slow | undefined> {
  const id = await place(t, visitor, newOrder());
  const begun = () => offersOf(smtp, id)[0];
  for (const until = performance.now() + begunWithinMs; !begun() && performance.now() < until; ) await delay(20);
  return begun() && { ids: [id], offers: 1, at: performance.now() };
}

/** Its worker is not the one that has just died. */
export async function outlives(slow: Slow | undefined, smtp: SmtpHandle): Promise<boolean> {
  if (!slow) return false;
  await delay(deathIsSeenWithinMs);
  return !offersOf(smtp, slow.ids[0] as string).some((email) => smtp.abandoned.includes(email));
}

/** Line 3: however long it takes. The worker lives, and waits for the SMTP server. */
export async function mustNotSendAgain(
  t: Stage,
  { smtp, visitor }: { smtp: SmtpHandle; visitor: Visitor },
  { ids, offers, at }: Slow,
  isSlow: () => boolean,
): Promise<void> {
  await delay(Math.max(0, at + slowMs - performance.now()));
  const again = ids.filter((id) => offersOf(smtp, id).length > offers).length;
  t.trail.begin(`the SMTP server takes ${slowMs / 1_000} s for ${ids.length > 1 ? 'each e-mail' : 'an e-mail'}`);
  // A worker that gets no core may lose its job to another one. One that hangs up itself did not wait.
  const hungUp = ids.some((id) =>
    offersOf(smtp, id)
      .slice(offers - 1)
      .some((email) => smtp.abandoned.includes(email)),
  );
  if (again > 0 && !hungUp && isSlow()) t.inconclusive('the machine is too busy to tell how long a worker waits');
  t.require(again === 0, {
    expected: `${ids.length > 1 ? 'each e-mail' : 'it'} sent once by the worker that lives`,
    seen: `${again} of ${ids.length} sent again`,
    because:
      'The SMTP server is slow, and not gone. The worker did not wait for its answer, and sent the e-mail again: the customer gets both.',
    lookAt: 'how long does the worker wait for an answer of the SMTP server, and what does it do then?',
  });
  smtp.release();
  for (const id of ids) await untilStatus(t, visitor, id, 'confirmed');
}
