import type { Stage } from '../harness/sdk/index.ts';
import { type Asked, ask, header, isUnanswered, jsonOf, type Question } from './ask.ts';
import { Customer } from './customers.ts';
import { conclude, isWithin, type Part } from './parts.ts';
import { childrenOf } from './workers.ts';

/** What must not stand in an answer: stacks, paths, statements, addresses. */
const inside = /\n\s+at |node_modules|\/src\/|SELECT |INSERT |ECONNREFUSED|ETIMEDOUT|syntax for type|127\.0\.0\.1/;
/** By the contract, and what a busy machine makes of it. */
const withinMs = 2_000;
const slackMs = 1_500;
const coldEvents = [24, 25];
/** Has eight. */
const fewSeats = 3;

interface Wrong {
  what: string;
  question: Question;
  status: readonly number[];
  /** Asked with a session. */
  loggedIn?: boolean;
}

const order = (event: unknown, seats: unknown) => ({
  loggedIn: true,
  question: { method: 'POST', path: '/orders', json: { event, seats } },
});

const wrongs: readonly Wrong[] = [
  { what: 'malformed JSON', question: { method: 'POST', path: '/login', raw: '{"email":' }, status: [400] },
  { what: 'a login that is a list', question: { method: 'POST', path: '/login', json: [] }, status: [400, 401] },
  {
    what: 'a password that is an object',
    question: { method: 'POST', path: '/login', json: { email: 'customer5@example.org', password: {} } },
    status: [400, 401],
  },
  { what: 'an id that can’t be one', question: { path: '/events/abc' }, status: [404] },
  { what: 'an id too large', question: { path: '/events/99999999999999' }, status: [404] },
  { what: 'a broken escape', question: { path: '/events/%E0%A4%A' }, status: [400, 404] },
  { what: 'an event that is over', question: { path: '/events/150' }, status: [404] },
  { what: 'an unknown path', question: { path: '/no/such/page' }, status: [404] },
  { what: 'no session', question: { path: '/orders' }, status: [401] },
  { what: 'an order of nine seats', ...order(5, 9), status: [400] },
  { what: 'an order of half a seat', ...order(5, 0.5), status: [400] },
  { what: 'an order of an event in words', ...order('five', 1), status: [400] },
  { what: 'an order of an event that is over', ...order(150, 1), status: [404] },
  { what: 'an order of more seats than are left', ...order(fewSeats, 8), status: [409] },
  { what: 'an order that can’t be one', loggedIn: true, question: { path: '/orders/abc' }, status: [404] },
  {
    what: 'the ticket of an order that does not exist',
    loggedIn: true,
    question: { path: '/orders/2000000000/ticket' },
    status: [404],
  },
];

export function errorsPart(part: Part): void {
  part(
    'errors',
    'Errors',
    {
      points: 8,
      lessons: [11],
      limitMs: 40_000,
      because:
        'Errors reach Express’s own handler, which knows nothing but 500 and HTML, or are sent as text by each route.',
      lookAt: 'which one place turns an error into an answer, and what gets there?',
    },
    async (t, minute) => {
      const { asked, happened, customers } = minute;
      const customer = customers.find(({ isLoggedIn }) => isLoggedIn) ?? nobody;
      await customer.ask(t.url, order(fewSeats, 8).question); // Whatever was left of them is gone.
      const before = processes(t);
      const answers = await Promise.all(
        wrongs.map(async ({ what, question, status, loggedIn }) => {
          const answer = await (loggedIn ? customer : nobody).ask(t.url, question);
          return { what, answer, right: status.includes(answer.status) && !problemFault(answer) };
        }),
      );
      const alive = new Set(processes(t));
      const ended = before.filter((pid) => !alive.has(pid)).length;
      const bad = answers.filter(({ right }) => !right);
      const [first] = bad;
      const refused = asked.filter((answer) => answer.status >= 400 && !isUnanswered(answer));
      const faulty = refused.filter((answer) => problemFault(answer));
      const while503 = asked.filter(
        (answer) => answer.route === 'GET /events/:id' && isWithin(answer, happened.supplierAway),
      );
      const late = while503.filter(
        (answer) =>
          !isUnanswered(answer) && (![200, 304, 503].includes(answer.status) || answer.ms > withinMs + slackMs),
      );
      await t.supplier.fail({ how: 'hang' });
      const hanging = await Promise.all(coldEvents.map((event) => ask(t.url, { path: `/events/${event}` })));
      await t.supplier.heal();
      const patient = hanging.filter(({ status, ms }) => status !== 503 || ms > withinMs + slackMs);
      const answeredWrong =
        patient.some(({ status }) => status !== 503 && status !== 0) ||
        late.some(({ status }) => ![200, 304, 503].includes(status));
      t.step(
        `${wrongs.length} requests that are wrong, ${refused.length} refusals of the minute, and a box office that does not answer`,
      );
      conclude(t, minute, [
        {
          worth: 0.5,
          share: ended > 0 ? 0 : 1 - bad.length / wrongs.length,
          seen:
            ended > 0
              ? `${wrongs.length} wrong requests ended ${ended} processes`
              : `${bad.length} of ${wrongs.length} wrong requests were not answered rightly, such as ${first?.what}: ${first && told(first.answer)}`,
          good: `${wrongs.length} wrong requests got their status as problem+json`,
        },
        {
          worth: 0.2,
          share: faulty.length === 0 ? 1 : Math.max(0, 0.5 - faulty.length / Math.max(1, refused.length)),
          seen: `${faulty.length} of ${refused.length} refusals of the minute were no problem+json: ${faulty[0] && told(faulty[0])}`,
          good: 'and so did those of the minute',
        },
        {
          worth: 0.3,
          timed: !answeredWrong,
          share: late.length + patient.length === 0 ? 1 : patient.length === 0 ? 0.5 : 0,
          seen:
            patient.length > 0
              ? `with a box office that does not answer, GET /events/:id was ${told(patient[0] as Asked)} after ${((patient[0]?.ms ?? 0) / 1_000).toFixed(1)} s`
              : `while the box office was away, ${late.length} of ${while503.length} looks at an event were neither a price nor 503 within 2 s`,
          good: 'without the box office it is 503 in time',
          because: 'The shop waits for a box office that does not answer, or says 500 for what is not its own fault.',
          lookAt: 'how long does the call wait, and what does its failure become?',
        },
      ]);
    },
  );
}

const nobody = new Customer(0);

/** Of both instances. */
const processes = (t: Stage) => [1, 2].flatMap((number) => [t.app(number).pid, ...childrenOf(t.app(number))]);

/** What is wrong with an answer from 400 on, or nothing. */
function problemFault(answer: Asked): string | undefined {
  if (isUnanswered(answer)) return 'no answer';
  if (!header(answer.headers, 'content-type')?.startsWith('application/problem+json')) return 'content type';
  const { title, status } = jsonOf(answer) ?? {};
  if (typeof title !== 'string' || title === '' || status !== answer.status) return 'title and status';
  return inside.test(answer.body) ? 'tells of the inside' : undefined;
}

function told(answer: Asked): string {
  const type = header(answer.headers, 'content-type')?.split(';')[0] ?? 'no type';
  return isUnanswered(answer) ? 'no answer' : `${answer.status} ${type}`;
}
