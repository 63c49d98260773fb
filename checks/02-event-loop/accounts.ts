import { type CheckDefinition, excerpt, type Teaching } from '../harness/sdk/index.ts';
import { hanging } from './disk.ts';
import type { Gathered } from './gathered.ts';
import { mustKeepAtItsEnd } from './its-end.ts';
import { type Credentials, Crowd, linesOf, patienceMs } from './steps.ts';
import { syncWriteOf } from './sync-writes.ts';

/** What must be said when not all twenty, and not exactly one, got the name. */
function insteadOf(winners: number): Partial<Teaching> {
  if (winners === 0) return { because: 'The name was free, and nobody got it.' };
  if (winners === 20) return {};
  if (winners === 1)
    return {
      because:
        'One got the name, and not all of the others were told that it is taken. 409 says that. Another status says that something is broken, or to come back with the same name.',
      lookAt: 'what does POST /accounts answer while somebody else is signing up with that name?',
    };
  return {
    because: `Some were refused, and ${winners} got the name. It was free again while somebody held it: a sign-up that was refused gave it back, or it was looked up and taken in two steps.`,
    lookAt: 'which sign-ups take the name, and which give it back?',
  };
}

/** What becomes of an account when others want its name, the disk fails, or the process ends. */
export function accountBehaviours(behaviour: CheckDefinition['behaviour'], { signUps, disk }: Gathered): void {
  /** Who got the name that twenty wanted. */
  let winner: Credentials | undefined;

  behaviour(
    'one-name',
    'of twenty sign-ups of one name at once exactly one gets it',
    {
      because:
        'There is an await between looking the name up and taking it. All twenty looked before the first had taken it, and each found it free.',
      lookAt: 'what is awaited between looking the name up and taking it?',
    },
    async (t) => {
      const name = 'constructor'; // By the contract a name like any other.
      const rivals = Array.from({ length: 20 }, (_, i) => ({ name, password: `the password of rival ${i + 1}` }));
      const crowd = new Crowd(t, '/accounts', rivals, { deadlineMs: 2 * patienceMs });
      const early = t
        .visitor()
        .post('/login', { name, password: 'not their password' }, { deadlineMs: 2 * patienceMs });
      const [answers, { status }] = await Promise.all([crowd.everyAnswer(), early]);
      t.trail.begin(`20 × POST /accounts at once, all with the name ${name}`);
      const whoGot = (status: number) => [...answers].filter(([, answer]) => answer.status === status);
      const [winners, refused] = [whoGot(201), whoGot(409).length];
      t.require(winners.length === 1 && refused === 19, {
        expected: 'one 201 and nineteen 409',
        seen: `${winners.length} × 201, ${refused} × 409, ${20 - winners.length - refused} others`,
        ...insteadOf(winners.length),
      });
      const lines = linesOf(t, name).length;
      t.require(lines === 1, {
        expected: 'one line for that name in the file',
        seen: `${lines}`,
        ...(lines === 0 ? { because: 'One of them got 201, and the account is not in the file.' } : {}),
      });
      t.step('meanwhile POST /login with that name and a wrong password');
      t.require(status === 401, {
        expected: '401',
        seen: `${status}`,
        because: 'A log-in with a name whose sign-up is under way is one with a wrong password or an unknown name.',
        lookAt: 'what does POST /login find under a name that is being signed up?',
      });
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
      const { healthAnswered: answered, logInAnswered, notSlow = 'it keeps its file open' } = (await disk(t)) ?? {};
      if (answered === undefined) {
        const syncWrite = await syncWriteOf(t);
        if (syncWrite === undefined)
          t.skip(`no write of this app can be held up here, because ${notSlow}; so nobody saw who would wait for it`);
        t.trail.begin('a sign-up under node --trace-sync-io');
        t.require(!syncWrite, { expected: 'no write that the event loop waits for', seen: `${syncWrite}` });
        return;
      }
      t.trail.begin(`${hanging} sign-ups while ACCOUNTS_FILE is on a disk that does not answer`);
      t.require(answered, { step: 'GET /health meanwhile', expected: 'an answer', seen: 'none' });
      t.require(logInAnswered, {
        step: 'POST /login meanwhile, with another name',
        expected: 'an answer',
        seen: 'none',
        because:
          'The event loop is free, and yet a log-in waits until the accounts of others are written. Each of these sign-ups holds something that the log-in needs, too, such as a place where hashes are made.',
        lookAt: 'what does a sign-up hold while its line is being written, and what does a log-in wait for?',
      });
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'disk-refuses',
    'when the disk refuses, nobody gets a 201, and the name stays free',
    {
      because: 'The account could not be written, and the customer was told that it was.',
      lookAt: 'what happens to an error of the write: does it reach POST /accounts?',
    },
    async (t) => {
      const trouble = await disk(t);
      if (!trouble)
        return t.skip('the app keeps its file open, and a write to an open file can’t be made to fail here');
      const { told, refused, accepted, written, broke } = trouble;
      if (broke) throw broke;
      t.trail.begin(told);
      // By `require`: the answers were gathered for another behaviour, whose sentences they would say.
      const status = refused?.status ?? 0;
      t.require(refused?.is(500, 503, 507), {
        expected: '500 or 503',
        seen: `${status} ${excerpt(refused?.text ?? '')}`,
        ...(status >= 400
          ? {
              because: `The account could not be written. That is the server’s fault, which 500 or 503 says; ${status} says something else.`,
            }
          : {}),
      });
      t.step('one of them, once it can be written again');
      t.require(!accepted || accepted.status === 201, {
        expected: '201',
        seen: `${accepted?.status} ${excerpt(accepted?.text ?? '')}`,
        because:
          accepted?.status === 409
            ? 'The name is still held by a sign-up that failed. Nobody has it, and nobody can get it.'
            : 'Failed writes broke the sign-ups that come after them.',
        lookAt: 'what gives the name back, or puts the state right, when the sign-up fails?',
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
      because: 'The app does not find what it wrote: the account was only in memory, or its line can’t be read.',
      lookAt: 'what does the app read when it starts, and is it what was written?',
    },
    async (t) => {
      const { members, neighbour } = await signUps(t);
      const customer = winner ?? (members[0] as Credentials);
      await mustKeepAtItsEnd(t, [customer, neighbour]);
      await t.restart(1);
      if (winner) t.step('the customer who got the name, of twenty, logs in');
      (await t.visitor().post('/login', customer, { deadlineMs: patienceMs })).mustBe(200);
      t.step('a customer whose account another program had added logs in');
      (await t.visitor().post('/login', neighbour, { deadlineMs: patienceMs })).mustBe(200, {
        because: 'Its line was in the file before the restart, and the app does not know the account.',
        lookAt: 'what does the app read when it starts?',
      });
      t.trail.begin('the app is killed');
      await t.restart(1);
      t.step('a customer logs in');
      (await t.visitor().post('/login', customer, { deadlineMs: patienceMs })).mustBe(200);
    },
    { limitMs: 60_000 },
  );
}
