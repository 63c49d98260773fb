import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import bcrypt from 'bcrypt';
import { type CheckDefinition, excerpt, type Instance, type Stage } from '../harness/sdk/index.ts';
import { limitFileSize } from './full-disk.ts';
import { type Credentials, cheapCost, newcomer, patienceMs } from './steps.ts';

/** Room for the beginning of a line: `{"name":"guest-1` and no more. */
const roomBytes = 16;
const enough = 'the same sign-up, with room for all of the line but its end';
const cutShort = `${enough}, was refused, too; then, with all the room there is, one with another password`;

const firstCounts = {
  because:
    'The file has two whole lines with that name: one that a failed write left, whose customer got no 201, and the one of the customer who did. After the restart the first one counts, and the customer with the 201 is locked out.',
  lookAt: 'which line of a name counts when the file is read?',
};

const behindTheLast = {
  because:
    'When the app started, the last line of the file was whole but for its line end. The first sign-up was appended to that line, and got its 201. What came of the two can’t be read, and after the restart this customer is locked out.',
  lookAt: 'what does the app ask about the end of the file before it appends to it for the first time?',
};

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
      const [early, cut, first, late] = [newcomer(), newcomer(), newcomer(), newcomer()];
      const lineOf = ({ name, password }: Credentials) =>
        JSON.stringify({ name, hash: bcrypt.hashSync(password, cheapCost) });
      // Of the second only the line end was cut off, so that customer got no 201, and what becomes of it is up to the app.
      writeFileSync(file, `${lineOf(early)}\n${lineOf(cut)}`);
      const app = await t.startExtra({ env: { ACCOUNTS_FILE: file } });
      await t.visitor({ at: app }).get('/health', { deadlineMs: patienceMs });
      await mustSignUpFirst(t, app, first);
      const told = await signUpOnFullDisk(t, app, { file, customer: late });
      const stored = (await onlyTheLineEndIsMissing(t, app, { file, customer: late }))
        ? late
        : { ...late, password: 'another password, once there is room' };
      if (stored !== late) {
        const again = await signUp(t, app, stored);
        t.require(again.status === 201, {
          step: 'a sign-up with the same name, once there is room again',
          expected: '201',
          seen: `${again.status} ${excerpt(again.text)}`,
          because: 'Failed writes broke the sign-ups that come after them.',
          lookAt: 'what gives the name back, or puts the state right, when the sign-up fails?',
        });
      }
      await app.kill();
      await mustKnow(t, file, {
        early,
        first,
        cut,
        late: stored,
        told,
        next: stored === late ? enough : cutShort,
      });
    },
    { limitMs: 60_000, further: true },
  );
}

async function mustSignUpFirst(t: Stage, app: Instance, customer: Credentials): Promise<void> {
  t.trail.begin('the app starts on a file whose last line end was cut off');
  const { status, text } = await signUp(t, app, customer);
  t.require(status === 201, {
    step: 'a sign-up',
    expected: '201',
    seen: `${status} ${excerpt(text)}`,
    because: 'The name is free, and the file can be written.',
    lookAt: 'what does a sign-up do with a file that does not end with a line end?',
  });
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

/**
 * Room for all of the line but its end, so that a whole account stands in the file of a customer who got no 201. Who gets
 * it in all the same, having put the line end first, may say 201.
 */
async function onlyTheLineEndIsMissing(
  t: Stage,
  app: Instance,
  { file, customer }: { file: string; customer: Credentials },
): Promise<boolean> {
  const line = JSON.stringify({ name: customer.name, hash: 'h'.repeat(60) });
  const endsFirst = readFileSync(file, 'utf8').endsWith('\n') ? 0 : 1; // What is left of the first is ended by the next.
  const lift = limitFileSize(app, statSync(file).size + endsFirst + line.length);
  const answer = await signUp(t, app, customer).finally(lift);
  t.require(answer.is(201, 500, 503, 507), {
    step: enough,
    expected: '500 or 503, or 201',
    seen: `${answer.status} ${excerpt(answer.text)}`,
    because:
      answer.status === 409
        ? 'The name is still held by a sign-up that failed. Nobody has it, and nobody can get it.'
        : 'The account could not be written whole, and the answer does not say that this is the server’s fault.',
    lookAt: 'what gives the name back when the sign-up fails?',
  });
  return answer.status === 201;
}

function signUp(t: Stage, at: Instance, customer: Credentials) {
  return t.visitor({ at }).post('/accounts', customer, { deadlineMs: patienceMs });
}

/** Half lines are among them, so not with `linesOf`. */
function wholeLinesOf(file: string, name: string): number {
  const starts = JSON.stringify({ name }).slice(0, -1);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(starts) && line.endsWith('}')).length;
}

function isBehind(file: string, { name }: Credentials, last: Credentials): boolean {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.some((line) => line.includes(`"${name}"`) && line.includes(`"${last.name}"`));
}

interface Known {
  early: Credentials;
  /** The first sign-up, and whose line it came behind. */
  first: Credentials;
  cut: Credentials;
  late: Credentials;
  told: string;
  next: string;
}

/** The app on that file, started once more. */
async function mustKnow(t: Stage, file: string, { early, first, cut, late, told, next: what }: Known): Promise<void> {
  const next = await t.startExtra({ env: { ACCOUNTS_FILE: file } });
  for (const [whose, customer] of [
    ['of an account from before', early],
    ['of the account that was written after it', late],
    ['of the first sign-up, before the disk was full', first],
  ] as const) {
    t.trail.begin(customer === first ? 'a sign-up, the first on a file whose last line end was cut off' : told);
    if (customer === first) t.step(told);
    t.step(what, '201');
    t.step(`after a restart, the login ${whose}`);
    const { status, text } = await t.visitor({ at: next }).post('/login', customer, { deadlineMs: patienceMs });
    t.require(status === 200, {
      expected: '200',
      seen: `${status} ${excerpt(text)}; the file ends with ${JSON.stringify(readFileSync(file, 'utf8').slice(-60))}`,
      ...(wholeLinesOf(file, customer.name) > 1 ? firstCounts : {}),
      ...(isBehind(file, customer, cut) ? behindTheLast : {}),
    });
  }
}
