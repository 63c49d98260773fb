import type { SmtpHandle, Stage, Teaching, Visitor } from '../harness/sdk/index.ts';
import { attemptsAt, newOrder, place, show, untilStatus } from './desk.ts';
import { eventually } from './patience.ts';
import { neverFailed, notFailed } from './sentences.ts';

/** An order whose e-mail is refused. */
export interface Refused {
  id: string;
  email: string;
  /** With what it is refused in the end. */
  code: number;
}

export const gaveUp: Teaching = {
  because: 'The SMTP server refuses the e-mail each time, and what the app does about it is not what it was told.',
  lookAt: 'where do the number of attempts and the pauses between them come from?',
};

export const failedEarly: Partial<Teaching> = {
  because: 'A 4xx means: not now. The order is called failed, and attempts are left.',
  lookAt: 'after which attempt does an order become failed?',
};

interface GivingUp {
  withinMs?: number;
  /** Asked after each look: whether what is known of the attempts is enough. */
  isEnough?: (attempts: number[]) => boolean;
}

/** @returns when the attempts were, once the order is failed. */
export async function mustGiveUp(
  t: Stage,
  visitor: Visitor,
  smtp: SmtpHandle,
  maxAttempts: number,
  { withinMs, isEnough = () => false }: GivingUp = {},
): Promise<number[]> {
  refuseByName(smtp);
  t.trail.begin();
  const [one] = (await placeRefused(t, visitor, ['451'])) as [Refused];
  const attempts = () => attemptsAt(smtp, one.id, one.email);
  t.trail.begin(`MAX_ATTEMPTS=${maxAttempts}: the SMTP server always says 451`);
  const before = t.trail.length;
  await eventually(
    t,
    `${maxAttempts} attempts`,
    async () => {
      const { json, text } = await show(t, visitor, one.id);
      t.trail.retell(before);
      // Asked in this order: an attempt that came meanwhile only makes them more.
      const { length } = attempts();
      const expected = `order ${one.id} to be pending after ${length} of ${maxAttempts} attempts`;
      t.require(length >= maxAttempts || json?.status === 'pending', { expected, seen: text, ...failedEarly });
      return length >= maxAttempts || isEnough(attempts());
    },
    { withinMs },
  );
  if (attempts().length < maxAttempts) return attempts();
  await mustFail(t, visitor, smtp, one, maxAttempts);
  await mustStayAt(t, visitor, smtp, one, maxAttempts);
  return attempts();
}

export async function placeRefused(t: Stage, visitor: Visitor, kinds: string[]): Promise<Refused[]> {
  const refused: Refused[] = [];
  for (const kind of kinds) {
    const email = `refused-${kind}.${Math.random().toString(36).slice(2, 8)}@example.org`;
    const id = await place(t, visitor, newOrder({ email }));
    refused.push({ id, email, code: Number(kind.match(/\d+/g)?.at(-1)) });
  }
  return refused;
}

/** @param most how often it is tried. */
export async function mustFail(
  t: Stage,
  visitor: Visitor,
  smtp: SmtpHandle,
  { id, email, code }: Refused,
  most: number,
): Promise<void> {
  const late = () => (attemptsAt(smtp, id, email).length === most ? neverFailed : {});
  const { json, text } = await untilStatus(t, visitor, id, 'failed', { late }, notFailed);
  t.require(String(json.reason ?? '').includes(reasonOf(code)), {
    step: { what: `GET /orders/${id}`, answer: '200, failed' },
    expected: `"reason" with what the SMTP server said: ${code} ${reasonOf(code)}`,
    seen: text,
    because: 'Somebody has to look at the order, and what the SMTP server said is not there any more.',
    lookAt: 'what is kept of the error when an order fails?',
  });
}

/** Whatever is tried again has come when a later order has been through. */
export async function mustStayAt(
  t: Stage,
  visitor: Visitor,
  smtp: SmtpHandle,
  { id, email, code }: Refused,
  most: number,
): Promise<void> {
  const before = t.trail.length;
  const later = await place(t, visitor, newOrder());
  await untilStatus(t, visitor, later, 'confirmed');
  t.trail.retell(before);
  const { length } = attemptsAt(smtp, id, email);
  t.require(length === most, {
    expected: `${most} ${most === 1 ? 'attempt' : 'attempts'} at the e-mail that is answered ${code}`,
    seen: `${length}`,
  });
}

/** In each there is a number that looks like a code of the other kind. */
const reasonOf = (code: number) =>
  `sorry, ${code * 7}: ${code < 500 ? 'come again in 540 seconds' : 'none of 450 mailboxes has this name'}`;

/** Refuses the e-mails, or their recipients, whose address says so. */
export function refuseByName(smtp: SmtpHandle, { untilAttempt = Number.POSITIVE_INFINITY } = {}): void {
  const refusal = (named: RegExp, email: string, attempt: number) => {
    const [, first, then = first] = named.exec(email) ?? [];
    const code = Number(attempt === 1 ? first : then);
    return code && attempt < untilAttempt ? { code, text: reasonOf(code) } : undefined;
  };
  smtp.refuse(({ to }, attempt) => refusal(/^refused-(\d+)(?:-then-(\d+))?\./, to[0] ?? '', attempt));
  smtp.refuseRecipients((email, attempt) => refusal(/^refused-(\d+)-rcpt\./, email, attempt));
}
