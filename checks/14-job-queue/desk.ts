import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Email, RequestOptions, SmtpHandle, Stage, Teaching, Visitor } from '../harness/sdk/index.ts';
import { asked, eventually, type Waiting, watchForSlowness } from './patience.ts';
import { accepted202, stale, unless503 } from './sentences.ts';

export interface Placed {
  event: string;
  seats: number;
  email: string;
}

export type Status = 'pending' | 'confirmed' | 'failed';

let customers = 0;

/** An order of somebody new. The names are ones that break what puts them together without care. */
export function newOrder(more: Partial<Placed> = {}): Placed {
  const names = ['ada', "o'hara", 'grace+tickets', 'constructor', 'x.y-z_1'];
  const email = `${names[customers % names.length]}.${++customers}@example.org`;
  return { event: 'friday-opening', seats: (customers % 20) + 1, email, ...more };
}

/** Longer than usual: ten processes start beside the first behaviours. */
const deadlineMs = 10_000;
/** So soon after its e-mail was taken an order must say so. */
const settledWithinMs = 1_000;
/** When the check itself has stood still, the app's next answer is the first that counts. */
const fewestLooks = 10;

/** How an order is placed. */
export interface Placing extends RequestOptions {
  key?: string;
}

export function post(visitor: Visitor, order: Placed, { key, headers, ...options }: Placing = {}): Promise<Answer> {
  const keyed = key === undefined ? headers : { ...headers, 'idempotency-key': key };
  return visitor.post('/orders', order, { deadlineMs, ...options, ...(keyed ? { headers: keyed } : {}) });
}

/** Places an order that must be accepted. @returns its id. */
export async function place(t: Stage, visitor: Visitor, order: Placed, placing: Placing = {}): Promise<string> {
  return idIn(t, await asked(t, () => post(visitor, order, placing)));
}

/** The id in an answer that must be a 202. */
export function idIn(t: Stage, answer: Answer, teaching: Partial<Teaching> = {}): string {
  answer.mustBe(202, { ...accepted202, ...unless503(answer), ...teaching });
  const { location } = answer.headers;
  const id = answer.json?.order;
  t.require(typeof id === 'string' && location?.endsWith(`/orders/${id}`), {
    expected: '{"order": its id, …} and Location: /orders/ with that id',
    seen: `${answer.text}, Location: ${location ?? 'none'}`,
    ...accepted202,
  });
  return id;
}

export async function show(
  t: Stage,
  visitor: Visitor,
  id: string,
  { teaching = {}, ...options }: RequestOptions & { teaching?: Partial<Teaching> } = {},
): Promise<Answer> {
  const answer = await asked(t, () => visitor.get(`/orders/${id}`, { deadlineMs, ...options }));
  return answer.mustBe(200, unless503(answer, teaching));
}

export interface Settling extends Waiting {
  /** The instance to ask; any without it. */
  on?: number;
  /** Since when another instance has said so. */
  knownSince?: number | undefined;
}

/**
 * Waits until an order has that status. If its e-mail went to the lesson's SMTP server, a confirmed one must say so soon.
 * @param otherwise what to say when it is settled, and not in this way.
 */
export async function untilStatus(
  t: Stage,
  visitor: Visitor,
  id: string,
  status: Exclude<Status, 'pending'>,
  { withinMs, late, on, knownSince, ...teaching }: Settling = {},
  otherwise: Partial<Teaching> = teaching,
): Promise<Answer> {
  const before = t.trail.length;
  let taken: { at: number; looks: number; isSlow: () => boolean } | undefined;
  return eventually(
    t,
    `order ${id} to be ${status}`,
    async () => {
      const askedAt = performance.now();
      if (status === 'confirmed' && emailsOf(t.smtp, id).length > 0)
        taken ??= { at: askedAt, looks: 0, isSlow: watchForSlowness(t) };
      const answer = await show(t, visitor, id, { teaching, on });
      t.trail.retell(before);
      const seen = answer.json?.status;
      if (seen === status) return answer;
      const expected = `order ${id} to be pending, and then ${status}`;
      t.require(seen === 'pending', { expected, seen: answer.text, ...otherwise });
      t.step(`GET /orders/${id}${on ? ` on instance ${on}` : ''}`, '200, pending');
      // That Redis knows it is certain then, on a slow machine, too.
      t.require(knownSince === undefined || answer.sentAt - knownSince < settledWithinMs, {
        expected: `confirmed, ${settledWithinMs / 1_000} s after another instance has said so`,
        seen: 'pending',
        ...stale,
      });
      if (!taken || ++taken.looks < fewestLooks) return undefined;
      t.require(askedAt - taken.at < settledWithinMs || taken.isSlow(), {
        expected: `confirmed, ${settledWithinMs / 1_000} s after the SMTP server has taken the e-mail`,
        seen: 'pending',
        ...stale,
      });
      return undefined;
    },
    { withinMs, ...teaching, late: () => (taken ? stale : (late?.() ?? {})) },
  );
}

export const messageIdOf = (id: string) => `${id}@encore.example`;

/** How often the SMTP server has got an order's e-mail whole, taken or not. */
export const offersOf = (smtp: SmtpHandle, id: string): Email[] =>
  smtp.offered.filter(({ messageId }) => messageId === messageIdOf(id));

/** When it was tried to send an order's e-mail: it came whole, or its recipient was refused before. */
export const attemptsAt = (smtp: SmtpHandle, id: string, email: string): number[] =>
  [...offersOf(smtp, id), ...smtp.refusedRecipients.filter(({ address }) => address === email)]
    .map(({ atMs }) => atMs)
    .sort((a, b) => a - b);

/** How often it has taken it. */
export const emailsOf = (smtp: SmtpHandle, id: string): Email[] =>
  smtp.accepted.filter(({ messageId }) => messageId === messageIdOf(id));

export const oneEach: Teaching = {
  because:
    'A customer has two e-mails for one order, or none. The e-mails were counted at the SMTP server, by Message-ID.',
  lookAt: 'when is a job taken from the queue for good, and who may take it a second time?',
};

/** Waits until every order is confirmed, and looks whether each has its one e-mail. */
export async function mustHaveOneEach(
  t: Stage,
  visitor: Visitor,
  smtp: SmtpHandle,
  ids: string[],
  { late, ...teaching }: Omit<Waiting, 'withinMs'> = {},
): Promise<void> {
  const before = t.trail.length;
  for (const id of ids) await untilStatus(t, visitor, id, 'confirmed', { late, ...teaching });
  t.trail.retell(before);
  // Whatever comes twice has come when a later order has been through.
  const last = await place(t, visitor, newOrder());
  await untilStatus(t, visitor, last, 'confirmed');
  t.trail.retell(before);
  for (const id of ids) {
    const { length } = emailsOf(smtp, id);
    t.require(length === 1, {
      expected: `1 e-mail with Message-ID <${messageIdOf(id)}>`,
      seen: `${length}, though the order is confirmed`,
      ...oneEach,
      ...teaching,
    });
  }
}

/** All e-mails that are under way now, when no more come for a moment. */
export async function settledOffers(t: Stage, smtp: SmtpHandle, atLeast: number): Promise<number> {
  await eventually(t, `${atLeast} e-mails under way at the SMTP server`, () => smtp.offered.length >= atLeast);
  for (;;) {
    const before = smtp.offered.length;
    await delay(150);
    if (smtp.offered.length === before) return before;
  }
}
