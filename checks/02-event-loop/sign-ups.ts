import bcrypt from 'bcrypt';
import { type CheckDefinition, excerpt } from '../harness/sdk/index.ts';
import { mustCostEnough } from './cost.ts';
import { crowdAndHealth, healthMustOvertake, loopMustBeFree } from './crowds.ts';
import { crowdSize, type Gathered, lateWithinMs } from './gathered.ts';
import { type Credentials, contractCost, hashCostMs, linesOf, newcomer } from './steps.ts';

/** What six sign-ups at once show. */
export function signUpBehaviours(behaviour: CheckDefinition['behaviour'], { signUps, disk }: Gathered): void {
  behaviour(
    'on-disk',
    'a 201 means that the account is on disk',
    {
      because:
        'The customer was told 201 before the account was on disk. If the process dies in between, the account is gone.',
      lookAt: 'what has not finished yet when POST /accounts answers?',
    },
    async (t) => {
      hashCostMs(); // While nothing else runs.
      const [{ told, answers, notOnDisk, neverOnDisk, neighbour }, trouble] = await Promise.all([signUps(t), disk(t)]);
      for (const [{ name, password }, answer] of answers) {
        t.trail.begin(`POST /accounts with the name ${name} and a password of ${password.length} characters`);
        answer.mustBe(201, {
          because:
            'The six names are free, and six sign-ups at once are few: each must be answered as if it were alone. All of them are names and passwords that the contract allows.',
          lookAt: 'what does POST /accounts check before it hashes?',
        });
        t.require(answer.json?.name === name, {
          expected: `{"name":"${name}"}`,
          seen: excerpt(answer.text),
          because: 'The answer is not the one in the README’s table of routes.',
          lookAt: 'what does POST /accounts answer with?',
        });
      }
      t.trail.begin(told);
      t.require(neverOnDisk.length === 0, {
        expected: `${crowdSize} lines in ACCOUNTS_FILE after ${crowdSize} answers of 201`,
        seen: `none for ${neverOnDisk.length} of them, such as ${neverOnDisk[0]}`,
        because: `The customer was told 201, and the account is not in the file, not even ${lateWithinMs / 1000} s later: it was never written, or another sign-up wrote the file from what it knew and replaced it.`,
        lookAt: 'does a sign-up add its line to the file, or does it write the whole file?',
      });
      t.require(notOnDisk.length === 0, {
        expected: 'a line with the name in ACCOUNTS_FILE at every 201',
        seen: `none for ${notOnDisk.length} of ${crowdSize}, such as ${notOnDisk[0]}`,
      });
      t.trail.begin(`another program adds a line to ACCOUNTS_FILE; then ${told}`);
      t.require(linesOf(t, neighbour.name).length === 1, {
        step: 'the line of the other program',
        expected: 'still in the file',
        seen: 'gone',
        because:
          'A sign-up cut the file back to what the app knew, or wrote over it. The account of another program’s customer is lost.',
        lookAt: 'where in the file does a sign-up write, and what does it do with what it did not write itself?',
      });
      if (!trouble) return;
      t.trail.begin(trouble.told);
      t.require(trouble.refused?.status !== 201, { expected: '500 or 503', seen: '201' });
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'cost',
    `every stored hash is bcrypt with a cost of ${contractCost}`,
    {
      because:
        'A lower cost makes sign-ups fast, and guessing, too: each step down halves the work of an attacker who tries passwords on a stolen file.',
      lookAt: 'which cost is given to bcrypt, everywhere a hash is made?',
    },
    async (t) => {
      for (const { name } of (await signUps(t)).members) {
        mustCostEnough(t, { name, hash: linesOf(t, name).at(-1)?.hash ?? '' });
      }
      const { inTests } = (await disk(t)) ?? {};
      if (inTests) mustCostEnough(t, inTests, 'test');
      const { name, password } = (await signUps(t)).members[1] as Credentials;
      t.require(await bcrypt.compare(password, linesOf(t, name).at(-1)?.hash ?? ''), {
        step: `the line of ${name} in the accounts file`,
        expected: "the hash of that customer's password",
        seen: 'the hash of something else',
        because:
          'bcrypt was given something else than the password, such as a digest of it, or the password trimmed or normalised. Other programs that read the file can let nobody in, and the accounts that are in it already can no longer log in here.',
        lookAt: 'what is the password turned into before bcrypt gets it?',
      });
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'health',
    '/health answers while six sign-ups run',
    {
      because:
        'The hash is computed on the event loop, so nothing else is answered until it is done. The balancer takes an instance out that does not answer.',
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
}
