import type { SmtpHandle, Stage, Teaching, Visitor } from '../harness/sdk/index.ts';
import { attemptsAt, newOrder, place, show, untilStatus } from './desk.ts';
import { inOneLine, kindOf } from './kinds.ts';
import { eventually } from './patience.ts';
import { neverFailed, notFailed } from './sentences.ts';

/** An order whose e-mail is refused. */
export interface Refused {
  id: string;
  email: string;
  /** With what it is refused in the end: "550 in two lines". */
  answer: string;
  /** What the SMTP server says beside the code in the end, in parts. */
  reason: string[];
  /** Where senders are refused meanwhile: how many were before. Whose e-mail it was to be is not said, so it is the only one. */
  sendersBefore?: number;
}

export const gaveUp: Teaching = {
  because: 'The SMTP server refuses the e-mail each time, and what the app does about it is not what it was told.',
  lookAt: 'where do the number of attempts and the pauses between them come from?',
};

export const failedEarly: Partial<Teaching> = {
  because: 'A 4xx means: not now. The order is called failed, and attempts are left.',
  lookAt: 'after which attempt does an order become failed?',
};

const writtenForAPage: Teaching = {
  because:
    'The reason is kept, and not as the SMTP server said it: signs such as < and & are written as for a page. Whoever looks for the address finds nothing, and a page that does its own part shows &lt;.',
  lookAt: 'who turns these signs into something else, and is that where a page is made?',
};

interface GivingUp {
  withinMs?: number;
  /** It is the sender that is refused, and not the e-mail. */
  atSender?: boolean;
  /** Asked after each look: whether what is known of the attempts is enough. */
  isEnough?: (attempts: number[]) => boolean;
}

/** @returns when the attempts were, once the order is failed. */
export async function mustGiveUp(
  t: Stage,
  visitor: Visitor,
  smtp: SmtpHandle,
  maxAttempts: number,
  { withinMs, atSender = false, isEnough = () => false }: GivingUp = {},
): Promise<number[]> {
  refuseByName(smtp);
  t.trail.begin();
  const sendersBefore = smtp.refusedSenders.length;
  if (atSender) smtp.refuseSenders({ code: 451, text: inOneLine(451) });
  const [placed] = (await placeRefused(t, visitor, [atSender ? '451' : '451-long'])) as [Refused];
  const one = atSender ? { ...placed, sendersBefore } : placed;
  const attempts = () => attemptsOf(smtp, one);
  t.trail.begin(`MAX_ATTEMPTS=${maxAttempts}: the SMTP server always says 451${atSender ? ', after MAIL FROM' : ''}`);
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
  smtp.refuseSenders(undefined);
  await mustStayAt(t, visitor, smtp, one, maxAttempts);
  return attempts();
}

/** The only one meanwhile: whose e-mail it was to be is not said. */
export async function mustFailAtSender(t: Stage, visitor: Visitor, smtp: SmtpHandle): Promise<void> {
  t.trail.begin();
  const sendersBefore = smtp.refusedSenders.length;
  smtp.refuseSenders({ code: 550, text: inOneLine(550) });
  const [placed] = (await placeRefused(t, visitor, ['550'])) as [Refused];
  const one = { ...placed, sendersBefore };
  t.trail.begin('the SMTP server says 550 to the sender, after MAIL FROM');
  await mustFail(t, visitor, smtp, one, 1);
  smtp.refuseSenders(undefined);
  await mustStayAt(t, visitor, smtp, one, 1);
}

export async function placeRefused(t: Stage, visitor: Visitor, kinds: string[]): Promise<Refused[]> {
  const refused: Refused[] = [];
  for (const kind of kinds) {
    const email = `refused-${kind}.${Math.random().toString(36).slice(2, 8)}@example.org`;
    const id = await place(t, visitor, newOrder({ email }));
    const { later = 0, how = '', says = () => [] } = kindOf(email) ?? {};
    refused.push({ id, email, answer: `${later}${how}`, reason: says(later) });
  }
  return refused;
}

function attemptsOf(smtp: SmtpHandle, { id, email, sendersBefore }: Refused): number[] {
  const atSender = sendersBefore === undefined ? [] : smtp.refusedSenders.slice(sendersBefore);
  return [...attemptsAt(smtp, id, email), ...atSender.map(({ atMs }) => atMs)].sort((a, b) => a - b);
}

/** @param most how often it is tried. */
export async function mustFail(
  t: Stage,
  visitor: Visitor,
  smtp: SmtpHandle,
  one: Refused,
  most: number,
): Promise<void> {
  const { id, answer, reason } = one;
  const late = () => (attemptsOf(smtp, one).length === most ? neverFailed : {});
  const { json, text } = await untilStatus(t, visitor, id, 'failed', { late }, notFailed);
  mustHaveTried(t, smtp, one, most); // What was tried too often may have lost its reason in between.
  const told = String(json.reason ?? '');
  t.require(
    reason.every((part) => told.includes(part)),
    {
      step: { what: `GET /orders/${id}`, answer: '200, failed' },
      expected: `"reason" with what the SMTP server said, ${answer}: ${reason.join(' … ')}`,
      seen: text,
      because: 'Somebody has to look at the order, and what the SMTP server said is not there any more.',
      lookAt: 'what is kept of the error when an order fails?',
      ...(/&(lt|gt|amp|quot|apos|#\w+);/.test(told) ? writtenForAPage : {}),
    },
  );
}

/** Whatever is tried again has come when a later order has been through. */
export async function mustStayAt(
  t: Stage,
  visitor: Visitor,
  smtp: SmtpHandle,
  one: Refused,
  most: number,
): Promise<void> {
  const before = t.trail.length;
  const later = await place(t, visitor, newOrder());
  await untilStatus(t, visitor, later, 'confirmed');
  t.trail.retell(before);
  mustHaveTried(t, smtp, one, most);
}

function mustHaveTried(t: Stage, smtp: SmtpHandle, one: Refused, times: number): void {
  const { length } = attemptsOf(smtp, one);
  t.require(length === times, {
    expected: `${times} ${times === 1 ? 'attempt' : 'attempts'} at the e-mail that is answered ${one.answer}`,
    seen: `${length}`,
  });
}

/** Refuses the e-mails, or their recipients, whose address says so. */
export function refuseByName(smtp: SmtpHandle, { untilAttempt = Number.POSITIVE_INFINITY } = {}): void {
  const refusal = (email: string, attempt: number, isRecipient: boolean) => {
    const kind = kindOf(email);
    if (!kind || kind.atRecipient !== isRecipient || attempt >= untilAttempt) return undefined;
    const code = attempt === 1 ? kind.code : kind.later;
    return { code, text: kind.text(code) };
  };
  smtp.refuse(({ to }, attempt) => refusal(to[0] ?? '', attempt, false));
  smtp.refuseRecipients((email, attempt) => refusal(email, attempt, true));
}
