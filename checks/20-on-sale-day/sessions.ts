import { type Asked, isUnanswered } from './ask.ts';
import { beginToComeBack } from './come-back.ts';
import { conclude, isWithin, kindsOf, type Part } from './parts.ts';

/** Redis has been away; so long after it an app may still notice. */
const graceMs = 2_500;

/** By the contract, and what a busy machine makes of it. */
const servedWithinMs = 2_000;
const slackMs = 1_500;

export function sessionsPart(part: Part): void {
  part(
    'sessions',
    'Sessions',
    {
      points: 8,
      lessons: [3],
      because:
        'The session lives in the memory of the process that created it. The next request may go to another one.',
      lookAt: 'where does the shop keep its sessions, and who else can read them there?',
    },
    async (t, minute) => {
      beginToComeBack(t); // Part 8 needs it.
      const { asked, customers, happened } = minute;
      const { redisAway } = happened;
      const withSession = asked.filter(
        (answer) => answer.who !== undefined && /^(GET \/(me|orders)|POST \/orders)/.test(answer.route),
      );
      const outside = withSession.filter((answer) => !isWithin(answer, redisAway, graceMs) && !isUnanswered(answer));
      const lost = outside.filter(({ status }) => status === 401);
      // Without Redis nobody knows who that is, which is 503. Who reads 401 believes that the login is gone.
      const unknown = withSession.filter(
        (answer) => answer.status === 401 && !isUnanswered(answer) && isWithin(answer, redisAway, graceMs),
      );
      const refused = lost.length + unknown.length;
      const known = customers.filter(({ isLoggedIn }) => isLoggedIn);
      const gone: Asked[] = [];
      for (const customer of known.slice(0, 20))
        for (const number of [1, 2]) {
          const answer = await customer.ask(t.app(number).url, { path: '/me' });
          if (answer.status !== 200) gone.push(answer);
        }
      const refusedAll = gone.every(({ status }) => status === 401);
      t.step(`GET /me of ${known.slice(0, 20).length} customers on both instances, after the minute`);
      const sentThen = ({ at }: Asked) => at >= redisAway.from && at <= redisAway.to;
      const browsing = asked.filter((answer) => /^GET \/events/.test(answer.route) && sentThen(answer));
      const unserved = browsing.filter(
        (answer) => isUnanswered(answer) || answer.status >= 500 || answer.ms > servedWithinMs + slackMs,
      );
      const late = withSession.filter((answer) => sentThen(answer) && answer.ms > servedWithinMs + slackMs);
      conclude(t, minute, [
        {
          worth: 0.5,
          share: known.length === 0 ? 0 : 1 - Math.min(1, (refused / Math.max(1, outside.length)) * 10),
          seen:
            known.length === 0
              ? 'nobody could log in'
              : `${refused} of ${withSession.length} requests with a session were 401${unknown.length > 0 ? `, ${unknown.length} of them while Redis was away` : ''}`,
          good: `${withSession.length} requests with a session, and none was 401`,
          ...(known.length > 0 && lost.length === 0 ? notKnown : {}),
        },
        {
          worth: 0.25,
          timed: known.length > 0 && gone.every(({ status }) => status === 0 || status === 503),
          share: known.length === 0 ? 0 : 1 - Math.min(1, gone.length / 4),
          seen: `after the deploy ${gone.length} of ${2 * Math.min(20, known.length)} questions for /me ${refusedAll ? 'were refused' : `failed: ${kindsOf(gone)}`}`,
          good: 'they outlive the deploy',
          ...(known.length === 0 || gone.some(({ status }) => status === 401) ? endsWithProcess : meFails),
        },
        {
          worth: 0.25,
          timed: unserved.every(({ status, ms }) => status < 500 || ms > slackMs),
          share: 1 - Math.min(1, (unserved.length + late.length) / Math.max(1, browsing.length / 4)),
          seen:
            unserved.length > 0
              ? `while Redis was away, ${unserved.length} of ${browsing.length} who only looked were not served within 2 s${kindsIn(unserved)}`
              : `while Redis was away, ${late.length} requests with a session had no answer within 2 s`,
          good: 'browsing goes on without Redis',
          ...whyUnserved(unserved),
        },
      ]);
    },
  );
}

/** Of those that were not late: which answer they got instead. */
function kindsIn(unserved: readonly Asked[]): string {
  const refused = unserved.filter(({ ms }) => ms <= servedWithinMs + slackMs);
  return refused.length > 0 ? ` (${kindsOf(refused)})` : '';
}

const endsWithProcess = {
  because: 'Sessions end with the process that made them, so each deploy logs everybody out.',
};

const meFails = {
  because: 'Nobody was told to log in again. But whoever asked for /me got an error, or no answer at all.',
  lookAt: 'what has the app printed, and what else does GET /me need besides the session?',
};

const notKnown = {
  because:
    'While Redis is away, customers are told that they are not logged in. That is not true: nobody knows, which is 503.',
  lookAt: 'what becomes of a request whose session could not be read?',
};

/** Why those were not served who only looked. @param unserved none where only requests with a session were late. */
function whyUnserved(unserved: readonly Asked[]): { because: string; lookAt: string } {
  const mostly = (some: readonly Asked[]) => some.length > unserved.length / 2;
  if (mostly(unserved.filter(({ status, broken }) => status === 503 && !broken).filter(isUnanswered)))
    return {
      because: 'Without Redis no instance is ready, so the balancer has nobody to send requests to.',
      lookAt: 'what does /ready ask, and what could the shop still do without it?',
    };
  if (mostly(unserved.filter(({ ms }) => ms <= servedWithinMs + slackMs)))
    return {
      because:
        'Whoever looks is refused, although the programme needs nothing that is in Redis. Redis takes the whole shop with it.',
      lookAt: 'what in front of these routes asks Redis, and what does it do when Redis is away?',
    };
  return {
    because:
      unserved.length > 0
        ? 'Each request waits for Redis, also where nobody needs it. Redis takes the whole shop with it.'
        : 'Who needs a session waits for Redis, longer than anybody would.',
    lookAt: 'which routes load the session, and how long does a command wait for Redis?',
  };
}
