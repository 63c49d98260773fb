import { type CheckDefinition, excerpt } from '../harness/sdk/index.ts';
import { crowdAndHealth, healthMustOvertake, loopMustBeFree } from './crowds.ts';
import type { Gathered } from './gathered.ts';
import { type Credentials, patienceMs } from './steps.ts';

/** bcrypt reads 72 bytes of a password; of longer ones, those that begin alike would be equal. */
const tooLong = 'ü'.repeat(37);
const refused = [
  { name: 'ab', password: 'long enough' },
  { name: 'a'.repeat(41), password: 'long enough' },
  { name: 'Ada', password: 'long enough' },
  { name: 7_777, password: 'long enough' },
  { name: 'ada\n', password: 'long enough' },
  { name: 'zoë-1', password: 'long enough' },
  { name: 'short-one', password: '7 chars' },
  { name: 'long-one', password: tooLong },
  {},
];

/** Bodies that break off, or hold something else than an object. */
const noObjects = ['{"name": "ada', '"ada"', 'null', '[]', '7'];

/** Bodies that say so themselves, or are missing. */
const noJson = [
  ['application/x-www-form-urlencoded', 'name=form-filler&password=long+enough'],
  [undefined, undefined],
] as const;

/** What four log-ins at once show. */
export function logInBehaviours(behaviour: CheckDefinition['behaviour'], { signUps, logIns }: Gathered): void {
  behaviour(
    'log-in',
    'customers who have signed up can log in, with the right password only',
    {
      because: 'A log-in compares the password with the hash that belongs to the name, and answers 200 or 401.',
      lookAt: 'what does POST /login do with the result of the comparison?',
    },
    async (t) => {
      for (const body of refused) {
        t.step(`POST /accounts with ${JSON.stringify(body)}`);
        (await t.visitor().post('/accounts', body)).mustBe(400, {
          because: 'The contract does not allow this name or this password.',
          lookAt: 'what does POST /accounts check before it hashes?',
        });
      }
      for (const text of noObjects) {
        t.trail.begin(`POST /accounts with ${text}`);
        (await t.visitor().post('/accounts', text, { headers: { 'content-type': 'application/json' } })).mustBe(400, {
          because: 'That is no JSON object, so there is no name in it. The client is wrong, and not the server.',
          lookAt: 'which status has the error of express.json, and what does an error handler of the app make of it?',
        });
      }
      for (const [type, text] of noJson) {
        t.trail.begin(`POST /accounts with ${text || 'no body'}`);
        const headers = type ? { headers: { 'content-type': type } } : {};
        (await t.visitor().post('/accounts', text, headers)).mustBe(400, {
          because: 'The body is not JSON, so there is no name in it. The client is wrong, and not the server.',
          lookAt: 'what is req.body when no middleware has read the body?',
        });
      }
      const { members, eager, tooEarly } = await signUps(t);
      const [ada] = members as [Credentials];
      const again = { ...ada, password: 'another password' };
      (await t.visitor().post('/accounts', again, { deadlineMs: patienceMs })).mustBe(409, {
        because: 'The name has an account. A second one would lock the first customer out.',
        lookAt: 'where does POST /accounts ask whether the name is taken, and is the answer awaited?',
      });
      const { told, answers, right, wrong, unknown } = await logIns(t);
      t.trail.begin(told);
      t.step('one of them with a wrong password, beside the right one of the same name');
      answers.get(wrong)?.mustBe(401, {
        because:
          'A wrong password opens the account. Either its comparison is not awaited, and a promise is true, or it was given the result of another log-in.',
        lookAt: 'what does POST /login do with the result of the comparison, and whose result is it?',
      });
      t.trail.dropLast();
      t.step('one of them with a name that nobody has');
      answers.get(unknown)?.mustBe(401, {
        because: 'Nobody has signed up with that name, so there is nothing to log in to.',
        lookAt: 'what does the look-up of a name return when nobody has it?',
      });
      t.trail.dropLast();
      t.step('two of them with name and password as they signed up');
      for (const body of right) {
        const answer = answers.get(body)?.mustBe(200);
        t.require(answer?.json?.name === body.name, {
          expected: `{"name":"${body.name}"}`,
          seen: excerpt(answer?.text ?? ''),
          because: 'The answer is not the one in the README’s table of routes.',
          lookAt: 'what does POST /login answer with?',
        });
      }
      t.trail.begin('POST /login with name and password of somebody who has not signed up yet');
      tooEarly.mustBe(401, {
        because: 'Nobody has signed up with that name, so there is nothing to log in to.',
        lookAt: 'what does the look-up of a name return when nobody has it?',
      });
      t.step('POST /accounts with both', '201');
      (await t.visitor().post('/login', eager, { deadlineMs: patienceMs })).mustBe(200, {
        because:
          'This customer had tried to log in before there was an account, and was refused, as is right. Then the sign-up got its 201, and the same password is refused still, unlike those of customers who did not try.',
        lookAt: 'what does the app remember of a log-in that failed, and who makes it forget that?',
      });
      t.trail.begin('POST /login with a password of 72 bytes and one character more');
      (await t.visitor().post('/login', { ...ada, password: `${ada.password}x` }, { deadlineMs: patienceMs })).mustBe(
        401,
        {
          because:
            'bcrypt reads no more than 72 bytes, so what comes after them makes no difference to it. A wrong password opens the account.',
          lookAt: 'what does POST /login ask of a password before it compares it?',
        },
      );
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
}
