import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import bcrypt from 'bcrypt';
import { type CheckDefinition, excerpt, type Instance, type Stage } from '../harness/sdk/index.ts';
import { limitFileSize } from './full-disk.ts';
import { type Credentials, newcomer, patienceMs } from './steps.ts';

/** Room for the beginning of a line: `{"name":"guest-1` and no more. */
const roomBytes = 16;
/** Of accounts that are in the file already; a low cost saves the check time. */
const cheapCost = 4;

/** A disk that is full in the middle of a line. */
export function tornWriteBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'torn-write',
    'a write that a full disk cuts short loses no other account',
    {
      because:
        'The failed write left half a line in the file. The next line was appended to it, or the app can’t read the file any more: accounts are lost that had got their 201.',
      lookAt:
        'what is in the file after a write that failed in its middle, and what do the next write and the next start make of it?',
    },
    async (t) => {
      const file = join(mkdtempSync(join(dirname(t.file('ACCOUNTS_FILE')), 'torn-')), 'accounts.jsonl');
      const [early, late] = [newcomer(), newcomer()];
      writeFileSync(
        file,
        `${JSON.stringify({ name: early.name, hash: bcrypt.hashSync(early.password, cheapCost) })}\n`,
      );
      const app = await t.startExtra({ env: { ACCOUNTS_FILE: file } });
      await t.visitor({ at: app }).get('/health', { deadlineMs: patienceMs });
      const told = await signUpOnFullDisk(t, app, { file, customer: late });
      const again = await signUp(t, app, late);
      t.require(again.status === 201, {
        step: 'the same sign-up, once there is room again',
        expected: '201',
        seen: `${again.status} ${excerpt(again.text)}`,
        because: 'One failed write broke the sign-ups that come after it.',
        lookAt: 'what gives the name back, or puts the state right, when the sign-up fails?',
      });
      await app.kill();
      await mustKnow(t, file, { early, late, told });
    },
    { limitMs: 60_000, further: true },
  );
}

async function signUpOnFullDisk(
  t: Stage,
  app: Instance,
  { file, customer }: { file: string; customer: Credentials },
): Promise<string> {
  const lift = limitFileSize(app, statSync(file).size + roomBytes);
  if (!lift) return t.skip('a disk can’t be made full here in the middle of a write');
  const answer = await signUp(t, app, customer).finally(lift);
  const told = `a sign-up on a disk with room for ${roomBytes} more bytes`;
  t.trail.begin(told);
  t.require(answer.is(500, 503, 507), {
    expected: '500 or 503',
    seen: `${answer.status} ${excerpt(answer.text)}`,
    because: 'The account could not be written whole, and the answer does not say that this is the server’s fault.',
    lookAt: 'what happens to an error of the write: does it reach POST /accounts?',
  });
  return told;
}

function signUp(t: Stage, at: Instance, customer: Credentials) {
  return t.visitor({ at }).post('/accounts', customer, { deadlineMs: patienceMs });
}

/** The app on that file, started once more. */
async function mustKnow(
  t: Stage,
  file: string,
  { early, late, told }: { early: Credentials; late: Credentials; told: string },
): Promise<void> {
  const next = await t.startExtra({ env: { ACCOUNTS_FILE: file } });
  for (const [whose, customer] of [
    ['of an account from before', early],
    ['of the account that was written after it', late],
  ] as const) {
    t.trail.begin(told);
    t.step('once there was room again, the same sign-up', '201');
    t.step(`after a restart, the login ${whose}`);
    const { status, text } = await t.visitor({ at: next }).post('/login', customer, { deadlineMs: patienceMs });
    t.require(status === 200, {
      expected: '200',
      seen: `${status} ${excerpt(text)}; the file ends with ${JSON.stringify(readFileSync(file, 'utf8').slice(-60))}`,
    });
  }
}
