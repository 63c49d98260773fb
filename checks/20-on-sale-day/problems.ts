import { type Asked, header, isUnanswered, jsonOf } from './ask.ts';
import { isWithin } from './parts.ts';
import type { Happened } from './program.ts';

/** What must not stand in an answer: stacks, paths, statements, addresses. */
const inside =
  /\n\s+at |node_modules|\/src\/|SELECT |INSERT |ECONNREFUSED|ETIMEDOUT|(?:syntax|out of range) for type|127\.0\.0\.1/;
/** After a kill or an absence of Redis. */
const excusedMs = 2_500;
const notProblem = 'no problem+json';
const tellsInside = 'which tells of the shop’s inside';

/** What is wrong with an answer from 400 on, or nothing. */
export function problemFault(answer: Asked): string | undefined {
  if (isUnanswered(answer)) return 'no answer';
  if (!header(answer.headers, 'content-type')?.startsWith('application/problem+json')) return notProblem;
  const { title, status } = jsonOf(answer) ?? {};
  if (typeof title !== 'string' || title === '' || status !== answer.status) return 'without its title and status';
  return inside.test(answer.body) ? tellsInside : undefined;
}

export function told(answer: Asked): string {
  const type = header(answer.headers, 'content-type')?.split(';')[0] ?? 'no type';
  if (isUnanswered(answer)) return 'no answer';
  const fault = problemFault(answer);
  return `${answer.status} ${type}${fault && fault !== notProblem ? `, ${fault}` : ''}`;
}

/** What no customer of the minute has earned: an error of the shop's own, or an order that is neither placed nor 409. */
export function isUndeserved(answer: Asked, { killed, redisAway, supplierAway }: Happened): boolean {
  const { status, route } = answer;
  if (isUnanswered(answer) || status === 503) return false;
  const isOrder = route === 'POST /orders';
  if (status < 500 && !(isOrder && status >= 400 && status !== 409 && status !== 401)) return false; // 401: part Sessions.
  const excused = [
    ...(killed ? [{ from: killed.at, to: killed.at }] : []),
    ...(redisAway.to > 0 ? [redisAway] : []),
    ...(supplierAway.to > 0 && route === 'GET /events/:id' ? [supplierAway] : []), // Judged by itself.
  ];
  return !excused.some((away) => isWithin(answer, away, excusedMs));
}

interface Reason {
  because?: string;
  lookAt?: string;
}

/** Why an answer is wrong. The part's own reason is that of an answer that is no problem+json. */
export function reasonOf({ answer, isAsked }: { answer: Asked; isAsked: boolean }): Reason {
  const fault = problemFault(answer);
  if (isUnanswered(answer) || fault === notProblem) return {};
  if (fault === tellsInside)
    return {
      because:
        'An answer tells of the shop’s inside: a path, a statement or an address. Whoever attacks the shop reads it first.',
      lookAt: 'which text of an error gets into an answer, and who wrote it?',
    };
  if (!isAsked && answer.status >= 500)
    return {
      because:
        'The client’s mistake is answered as the shop’s own. The status that the error had was dropped, or nobody looked at the request before it failed.',
      lookAt: 'which error is it, who knows that the client has caused it, and what does your handler make of that?',
    };
  if (!isAsked)
    return {
      because: 'It has the right form, and another status than the contract says.',
      lookAt: 'which of your lines chooses this status, and what does the table in the README say?',
    };
  return { because: 'Programs read title and status in the body, and there they are missing or another.' };
}

export const ends: Reason = {
  because: 'A client can end a process with one request, and with it all that others had in flight.',
  lookAt: 'which error was caught by nobody? The app’s last lines name it.',
};

export const notForeseen: Reason = {
  because:
    'These customers have made no mistake, or one that has a status of its own. They were told of another, or of an error that nobody has foreseen.',
  lookAt: 'which error is it, and what should its customer read? Many asked at the same moment. (lessons 10, 11)',
};
