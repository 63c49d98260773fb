import type { Stage, Teaching } from '../harness/sdk/index.ts';
import { type Reply, seen } from './ask.ts';

/** What the contract allows when the supplier fails. */
export const unavailable = [502, 503, 504];

/** The answer must be a problem by RFC 9457, with one of these statuses. */
export function mustBeProblem(t: Stage, reply: Reply, statuses: number[], teaching: Partial<Teaching> = {}): void {
  const status = statuses.join(' or ');
  t.require(statuses.includes(reply.status) && reply.whole, {
    expected: status,
    seen: seen(reply),
    ...(reply.status === 0 ? brokeOff : {}),
    ...(reply.status === 0 ? {} : teaching),
  });
  const isProblem = /^application\/problem\+json\b/i.test(reply.headers['content-type'] ?? '');
  t.require(isProblem, {
    expected: `${status} as application/problem+json`,
    seen: seen(reply),
    because: 'This error has another shape than the others, so each client has to know where it came from.',
    lookAt: 'who makes this answer: the one error handler of the app, a route of its own, or Express?',
  });
  const { title, status: said } = reply.json ?? {};
  t.require(said === reply.status && typeof title === 'string' && title !== '', {
    expected: `a problem with a title, and with status ${reply.status}`,
    seen: seen(reply),
    because:
      'The members title and status of a problem are for whoever only has the body: a log, a queue, a screenshot.',
    lookAt: 'what does the error handler put into its body?',
  });
}

const brokeOff: Teaching = {
  because: 'The client has no answer at all. It cannot tell a fault of the app from one of the network.',
  lookAt: 'does the process still run, and if so, who closes the connection before the error handler can answer?',
};
