import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import bcrypt from 'bcrypt';
import { type CheckDefinition, excerpt, type Instance, type Stage } from '../harness/sdk/index.ts';
import { mustKnowOddLines, oddLines, oddlyWritten } from './odd-lines.ts';
import { mustReadBeforeItListens } from './slow-start.ts';
import { type Account, accountOf, type Credentials, Crowd, cheapCost, newcomer, patienceMs } from './steps.ts';
import { mustNotLoseEachOther, replaced } from './whole-writes.ts';

/** So many that to read or to write them all takes time, in which something else can happen. */
const accounts = 100_000;
/** More than any usual number after which accounts are locked. */
const wrongOnes = 12;
/** No line after that is not late any more, but lost. */
const lateWithinMs = 10_000;

/** A file with many accounts makes two things last that otherwise are over by luck: reading it, and writing it whole. */
export function manyAccountsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'many-accounts',
    'a file with many accounts is read before the first log-in, and loses none',
    {
      because:
        'The account is in the file, and the app does not know it. It listens before it has read the file, so customers are refused after each restart, and a name that is taken can be given once more.',
      lookAt: 'has the file been read when the app begins to listen?',
    },
    async (t) => {
      const last = newcomer();
      const account = { name: last.name, hash: bcrypt.hashSync(last.password, cheapCost) };
      const startingOnPipe = mustReadBeforeItListens(t, `${JSON.stringify(account)}\n`, last);
      startingOnPipe.catch(() => {}); // Reported by the await below.
      const odd = oddlyWritten();
      const file = fileOfMany(t, account, oddLines(odd));
      const app = await t.startExtra({ env: { ACCOUNTS_FILE: file } });
      await mustKnowAtOnce(t, app, last);
      await mustOutlastWrongOnes(t, app, last);
      await mustKnowOddLines(t, app, odd);
      const onPipe = await startingOnPipe;
      const isJudged = onPipe && (await mustNotLoseEachOther(t, onPipe.app, { file: onPipe.file, before: last.name }));
      // On a real file only luck shows it. That is left for apps that write elsewhere first, or can't use a pipe.
      if (!isJudged) await twoAtOnce(t, app, { file, before: last.name });
    },
    { limitMs: 60_000 },
  );
}

async function mustKnowAtOnce(t: Stage, at: Instance, last: Credentials): Promise<void> {
  const ask = () => t.visitor({ at }).post('/login', last, { deadlineMs: patienceMs });
  const first = await ask();
  if (first.is(200)) return;
  if (!first.is(401)) return void first.mustBe(200);
  const patient = performance.now() + lateWithinMs / 2;
  let known = false;
  while (!known && performance.now() < patient) {
    await delay(100);
    known = (await ask()).is(200);
  }
  t.trail.begin(`the app starts on a file with ${accounts.toLocaleString('en-GB')} accounts`);
  t.step('POST /login at once, with name and password of the last of them', '401');
  t.require(false, {
    expected: '200',
    seen: known ? '401, and 200 a moment later' : '401, and again for 5 s',
    ...(known
      ? {}
      : {
          because:
            'The account is in the file, with the bcrypt hash of its password, and it can’t log in. The app did not read the file when it started, or bcrypt gets something else than the password.',
          lookAt: 'what does the app read when it starts, and what is compared with the hash that it finds?',
        }),
  });
}

/** The cheap hash of an account that was in the file makes many attempts quick. */
async function mustOutlastWrongOnes(t: Stage, at: Instance, customer: Credentials): Promise<void> {
  const logIn = (password: string) =>
    t.visitor({ at }).post('/login', { ...customer, password }, { deadlineMs: patienceMs });
  for (let n = 1; n <= wrongOnes; n++) await logIn(`wrong password ${n}`);
  const answer = await logIn(customer.password);
  t.trail.begin(`${wrongOnes} × POST /login with the name of an account and wrong passwords`);
  t.require(answer.is(200), {
    step: 'POST /login with that name and the right password',
    expected: '200',
    seen: `${answer.status} ${excerpt(answer.text)}`,
    because:
      'Somebody else tried wrong passwords, and now the customer with the right one is refused. Whoever knows a name can lock its owner out, again and again.',
    lookAt: 'what does the app remember of a log-in that failed?',
  });
}

async function twoAtOnce(t: Stage, at: Instance, { file, before }: { file: string; before: string }): Promise<void> {
  const pair = [newcomer(), newcomer()];
  const answers = await new Crowd(t, '/accounts', pair, { at }).everyAnswer();
  t.trail.begin(`2 × POST /accounts at once, with ${accounts.toLocaleString('en-GB')} accounts in the file`);
  for (const answer of answers.values())
    t.require(answer.is(201), {
      expected: '201',
      seen: `${answer.status} ${excerpt(answer.text)}`,
      because: 'Both names are free, and the file can be written.',
      lookAt: 'what does a sign-up do with the accounts that are there already?',
    });
  const missing = () => [before, ...pair.map(({ name }) => name)].filter((name) => !holds(t, file, name));
  const patient = performance.now() + lateWithinMs;
  while (missing().length > 0 && performance.now() < patient) await delay(50);
  t.require(missing().length === 0, {
    expected: 'a line for both of them, and for the accounts from before',
    seen: `none for ${missing().join(' and ')}`,
    ...replaced,
  });
}

function fileOfMany(t: Stage, last: Account, odd: string): string {
  const file = join(mkdtempSync(join(dirname(t.file('ACCOUNTS_FILE')), 'many-')), 'accounts.jsonl');
  const { hash } = last; // Nobody logs in to the others.
  let text = '';
  for (let n = 1; n < accounts; n++) text += `${JSON.stringify({ name: `early-${n}`, hash })}\n`;
  writeFileSync(file, `${text}${odd}${JSON.stringify(last)}\n`);
  return file;
}

/** Parses only the lines in question: to parse all of them takes as long as the app's start. */
function holds(t: Stage, file: string, name: string): boolean {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.filter((line) => line.includes(`"${name}"`)).flatMap(accountOf(t, name)).length > 0;
}
