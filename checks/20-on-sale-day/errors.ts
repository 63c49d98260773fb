import type { Stage } from '../harness/sdk/index.ts';
import { type Asked, ask, isUnanswered } from './ask.ts';
import { Customer } from './customers.ts';
import { conclude, isWithin, type Part } from './parts.ts';
import { ends, isUndeserved, notForeseen, problemFault, reasonOf, told } from './problems.ts';
import { childrenOf } from './workers.ts';
import { tooManySeats, wrongs } from './wrong-requests.ts';

/** By the contract, and what a busy machine makes of it. */
const withinMs = 2_000;
const slackMs = 1_500;
const coldEvents = [24, 25];

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
      await customer.ask(t.url, tooManySeats.question); // Whatever was left of them is gone.
      const before = processes(t);
      const answers = await Promise.all(
        wrongs.map(async ({ what, question, status, loggedIn }) => {
          const answer = await (loggedIn ? customer : nobody).ask(t.url, question);
          const isAsked = status.includes(answer.status);
          return { what, answer, isAsked, right: isAsked && !problemFault(answer) };
        }),
      );
      const alive = new Set(processes(t));
      const ended = before.filter((pid) => !alive.has(pid)).length;
      const bad = answers.filter(({ right }) => !right);
      const [first] = bad;
      const refused = asked.filter((answer) => answer.status >= 400 && !isUnanswered(answer));
      const faulty = refused.filter((answer) => problemFault(answer));
      const undeserved = asked.filter((answer) => isUndeserved(answer, happened));
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
          ...(ended > 0 ? ends : first ? reasonOf(first) : {}),
        },
        {
          worth: 0.2,
          share:
            faulty.length + undeserved.length === 0
              ? 1
              : Math.max(0, 0.5 - (faulty.length + undeserved.length) / Math.max(1, refused.length)),
          seen:
            undeserved.length > 0
              ? `${undeserved.length} requests of the minute got a status that they should not have, such as ${undeserved[0]?.route}: ${undeserved[0]?.status}`
              : `${faulty.length} of ${refused.length} refusals of the minute were not as they should be: ${faulty[0] && told(faulty[0])}`,
          good: `${refused.length} refusals of the minute were problem+json`,
          ...(undeserved.length > 0 ? notForeseen : faulty[0] ? reasonOf({ answer: faulty[0], isAsked: true }) : {}),
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
