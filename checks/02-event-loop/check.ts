import { defineCheck } from '../harness/check.ts';
import { crowdAndHealth, healthMustOvertake, loopMustBeFree } from './crowds.ts';
import { diskTrouble } from './disk.ts';
import lesson from './lesson.ts';
import {
  type Credentials,
  Crowd,
  contractCost,
  hashCostMs,
  linesOf,
  newcomer,
  once,
  patienceMs,
  tellInOneLine,
} from './steps.ts';
import { termsBehaviours } from './terms-behaviours.ts';

// A hash takes a quarter of a second, so one crowd of six serves several behaviours. A right app computes 14 in all.
const crowdSize = 6;

defineCheck(lesson, ({ behaviour, load }) => {
  const signUps = once(async (t) => {
    const members = Array.from({ length: crowdSize }, newcomer);
    const notOnDisk: string[] = [];
    const meanwhile = await crowdAndHealth(t, '/accounts', members, (answer, { name }) => {
      if (answer.status === 201 && linesOf(t, name).length === 0) notOnDisk.push(name);
    });
    return { ...meanwhile, members, notOnDisk };
  });
  const logIns = once(async (t) => {
    const { members } = await signUps(t);
    const right = members.slice(0, 2);
    const wrong = { ...(members[2] as Credentials), password: 'not her password' };
    const unknown = newcomer();
    return { ...(await crowdAndHealth(t, '/login', [...right, wrong, unknown])), right, wrong, unknown };
  });
  const disk = once(diskTrouble);
  /** Who got the name that twenty wanted. */
  let winner: Credentials | undefined;

  behaviour(
    'on-disk',
    'a 201 means that the account is on disk',
    {
      because: 'The customer was told 201 before the account was on disk. If the process dies now, nobody knows them.',
      lookAt: 'what has not finished yet when POST /accounts answers?',
    },
    async (t) => {
      hashCostMs(); // While nothing else runs.
      const [{ told, answers, notOnDisk }, trouble] = await Promise.all([signUps(t), disk(t)]);
      for (const answer of answers.values()) {
        answer.mustBe(201, {
          because: 'The six names are free, and six at once are no crowd: each must be answered as if it were alone.',
          lookAt: 'what does POST /accounts check before it hashes?',
        });
      }
      tellInOneLine(t, told);
      t.require(notOnDisk.length === 0, {
        expected: 'a line with the name in ACCOUNTS_FILE at every 201',
        seen: `none for ${notOnDisk.length} of ${crowdSize}, such as ${notOnDisk[0]}`,
      });
      if (!trouble) return;
      tellInOneLine(t, trouble.told);
      t.require(trouble.refused.status !== 201, { expected: '500 or 503', seen: '201' });
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'cost',
    `every stored hash is bcrypt with a cost of ${contractCost}`,
    {
      because:
        'A lower cost makes sign-ups fast, and guessing as well: each step down halves the work of whoever tries passwords on a stolen file.',
      lookAt: 'which cost is given to bcrypt, everywhere a hash is made?',
    },
    async (t) => {
      for (const { name } of (await signUps(t)).members) {
        const hash = linesOf(t, name).at(-1)?.hash ?? '';
        const cost = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1];
        t.require(cost !== undefined && Number(cost) >= contractCost, {
          step: `the line of ${name} in the accounts file`,
          expected: `a bcrypt hash, $2b$${contractCost}$…`,
          seen: cost ? `cost ${Number(cost)}, ${hash.slice(0, 7)}…` : `"${hash.slice(0, 12)}…"`,
        });
      }
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'health',
    '/health answers while six sign-ups run',
    {
      because:
        'The hash is computed on the event loop, so nothing else is answered until it is done. The balancer takes an instance out that stays silent.',
      lookAt: 'which thread computes the hash, and which one answers /health?',
    },
    async (t) => healthMustOvertake(t, await signUps(t)),
    { limitMs: 60_000 },
  );

  behaviour(
    'loop-delay',
    'the event loop is never late by more than 50 ms during sign-ups',
    {
      because: 'Something still holds the event loop while a password is hashed.',
      lookAt: 'what else does the main thread do for a sign-up?',
    },
    async (t) =>
      loopMustBeFree(t, await signUps(t), () =>
        crowdAndHealth(t, '/accounts', Array.from({ length: crowdSize }, newcomer)),
      ),
    { limitMs: 60_000 },
  );

  behaviour(
    'log-in',
    'who has signed up can log in, with the right password only',
    {
      because: 'A log-in compares the password with the hash that belongs to the name, and says nothing but yes or no.',
      lookAt: 'what does POST /login do with the result of the comparison?',
    },
    async (t) => {
      for (const body of [{ name: 'ab', password: 'long enough' }, { name: 'short-one', password: 'short' }, {}]) {
        (await t.visitor().post('/accounts', body)).mustBe(400, {
          because: 'That is no name or no password by the contract.',
          lookAt: 'what does POST /accounts check before it hashes?',
        });
      }
      const [ada] = (await signUps(t)).members as [Credentials];
      const again = { ...ada, password: 'another password' };
      (await t.visitor().post('/accounts', again, { deadlineMs: patienceMs })).mustBe(409, {
        because: 'The name has an account. A second one would lock the first customer out.',
        lookAt: 'where does POST /accounts ask whether the name is taken, and is the answer awaited?',
      });
      const { told, answers, right, wrong, unknown } = await logIns(t);
      tellInOneLine(t, told);
      t.step('one of them with a wrong password');
      answers.get(wrong)?.mustBe(401, {
        because:
          'A wrong password opens the account. A comparison that nobody awaits is a promise, and a promise is true.',
      });
      t.trail.pop();
      t.step('one of them with a name that nobody has');
      answers.get(unknown)?.mustBe(401);
      t.trail.pop();
      t.step('two of them with name and password as they signed up');
      for (const body of right) answers.get(body)?.mustBe(200);
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'log-ins',
    '/health answers while four log-ins run',
    {
      because:
        'Comparing a password costs as much as hashing it, and it happens far more often. It still runs on the event loop.',
      lookAt: 'which calls does POST /login make, and do their names end in Sync?',
    },
    async (t) => {
      const first = await logIns(t);
      healthMustOvertake(t, first);
      await loopMustBeFree(t, first, () => crowdAndHealth(t, '/login', [...first.right, first.wrong]));
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'one-name',
    'of twenty sign-ups of one name at once exactly one gets it',
    {
      because:
        'Between the question whether the name is free and the answer stands an await. All twenty asked before the first was done, and every one heard yes.',
      lookAt: 'what is awaited between looking the name up and taking it?',
    },
    async (t) => {
      const { name } = newcomer();
      const rivals = Array.from({ length: 20 }, (_, i) => ({ name, password: `the password of rival ${i + 1}` }));
      const answers = await new Crowd(t, '/accounts', rivals).everyAnswer();
      tellInOneLine(t, `20 × POST /accounts at once, all with the name ${name}`);
      const whoGot = (status: number) => [...answers].filter(([, answer]) => answer.status === status);
      const [winners, refused] = [whoGot(201), whoGot(409).length];
      t.require(winners.length === 1 && refused === 19, {
        expected: 'one 201 and nineteen 409',
        seen: `${winners.length} × 201, ${refused} × 409, ${20 - winners.length - refused} others`,
        ...(winners.length > 0 ? {} : { because: 'The name was free, and nobody got it.' }),
      });
      const lines = linesOf(t, name).length;
      t.require(lines === 1, { expected: 'one line for that name in the file', seen: `${lines}` });
      winner = winners[0]?.[0];
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'slow-disk',
    'a disk that does not answer holds up nobody else',
    {
      because:
        'The account is written on the event loop. When the disk takes its time, so does every other request, whatever it asks for.',
      lookAt: 'by which call does the line get into the file, and which thread waits for it?',
    },
    async (t) => {
      const trouble = await disk(t);
      const answered = trouble?.healthAnswered;
      if (answered === undefined) t.skip('the write of this app on this machine can’t be made to hang');
      tellInOneLine(t, 'a sign-up while ACCOUNTS_FILE is on a disk that does not answer');
      t.require(answered, { step: 'GET /health meanwhile', expected: 'an answer', seen: 'none' });
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'disk-refuses',
    'without a place on disk nobody gets a 201, and the name stays free',
    {
      because: 'The account could not be written, and the customer was told that it was.',
      lookAt: 'what becomes of an error of the write: does POST /accounts get to know?',
    },
    async (t) => {
      const trouble = await disk(t);
      if (!trouble) return t.skip('the app opens its file when it starts, so this check can’t take it away');
      const { told, refused, accepted, written } = trouble;
      tellInOneLine(t, told);
      refused.mustBe([500, 503, 507]);
      t.step('the same sign-up, once it can be written again');
      accepted?.mustBe(201, {
        because:
          accepted.status === 409
            ? 'The name is still held by a sign-up that failed. Nobody has it, and nobody can ever get it.'
            : 'One failed write broke the sign-ups that come after it.',
        lookAt: 'what gives the name back, or mends the state, when the sign-up fails?',
      });
      if (written !== undefined) {
        t.require(written === 1, { expected: 'one line for that name in the file', seen: `${written}` });
      }
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'survives-restart',
    'an account is still there after a restart',
    {
      because: 'The app does not find what it wrote: the account was in memory only, or its line can’t be read.',
      lookAt: 'what does the app read when it starts, and is it what was written?',
    },
    async (t) => {
      const customer = winner ?? ((await signUps(t)).members[0] as Credentials);
      await t.restart(1);
      if (winner) t.step('the one of twenty that got the name logs in');
      (await t.visitor().post('/login', customer, { deadlineMs: patienceMs })).mustBe(200);
    },
    { limitMs: 60_000 },
  );

  termsBehaviours(behaviour);

  load(() => {
    const hashMs = hashCostMs();
    // Whole virtual users, and few: Artillery keeps a core busy when more than forty a second come.
    const arrivalRate = Math.max(1, Math.round(450 / hashMs));
    const share = Math.round((arrivalRate * hashMs) / 10);
    return {
      phases: [{ duration: 6, arrivalRate }],
      variables: { healthChecksEach: Math.round(30 / arrivalRate) },
      note: `one hash of cost ${contractCost} takes ${Math.round(hashMs)} ms of CPU here: ${arrivalRate} sign-ups/s are ${share} % of a core, beside 30 health checks/s`,
    };
  });
});
