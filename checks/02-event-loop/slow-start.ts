import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import type { Credentials } from './steps.ts';

/** An app that waits for its file listens no earlier; one that does not, listens and is asked in this time. */
const heldMs = 400;
/** Until the app opens its file. One that never does reads it in another way, and is not judged here. */
const openedWithinMs = 5_000;

/**
 * Starts the app on a named pipe in place of its file, which gives its text only after a while. Fails where the app
 * listens meanwhile and refuses a customer who has an account. What cannot read a pipe is not judged.
 *
 * @returns the app and the pipe that is its file still; undefined where the app could not start on it.
 */
export async function mustReadBeforeItListens(
  t: Stage,
  text: string,
  customer: Credentials,
): Promise<{ app: Instance; file: string } | undefined> {
  const file = join(mkdtempSync(join(dirname(t.file('ACCOUNTS_FILE')), 'slow-start-')), 'accounts.jsonl');
  try {
    execFileSync('mkfifo', [file], { stdio: 'ignore' });
  } catch {
    return undefined; // There are no named pipes.
  }
  let listens = false;
  const starting = t.startExtra({ env: { ACCOUNTS_FILE: file } }).then(
    (app) => {
      listens = true;
      return app;
    },
    () => undefined, // It can't start on a pipe, which is no fault.
  );
  const pipe = await opened(file, () => listens);
  if (pipe === undefined) return void (await starting) as undefined;
  const until = performance.now() + heldMs;
  while (!listens && performance.now() < until) await delay(10);
  const early = listens ? await starting : undefined;
  // Asked while the file is being read, and it is read to its end meanwhile: an app may also wait with its answer.
  const asked = early && t.visitor({ at: early }).post('/login', customer, { deadlineMs: 10_000, onlyOnce: true });
  const wanted = early && signsUp(t, early, { ...customer, password: 'somebody else’s password' });
  if (asked) await delay(heldMs);
  writeFileSync(pipe, text);
  closeSync(pipe);
  const app = await startedOn(file, starting);
  const answer = await asked;
  const given = await withReader(file, wanted);
  t.trail.begin('the app starts, and its disk takes a while to give ACCOUNTS_FILE');
  t.step('POST /login meanwhile, with name and password of an account in the file', `${answer?.status}`);
  t.require(!answer || answer.is(200, 503), {
    expected: '200, or no answer before the file is read',
    seen: `${answer?.status}`,
  });
  t.trail.dropLast();
  t.step('POST /accounts meanwhile, with the name of an account in the file', `${given ?? 'no answer'}`);
  t.require(!wanted || given === 409 || given === 503, {
    expected: '409, or no answer before the file is read',
    seen: given === undefined ? 'it began to write the account, or never answered' : `${given}`,
    because:
      'The name is taken: its account is in the file, which the app had not read yet. After the next restart it has two accounts, and one of two customers is locked out.',
    lookAt: 'what does POST /accounts wait for before it asks whether a name is taken?',
  });
  return app && { app, file };
}

/** The status of a sign-up; undefined without an answer. */
async function signsUp(t: Stage, at: Instance, customer: Credentials): Promise<number | undefined> {
  const visitor = t.visitor({ at });
  return visitor.post('/accounts', customer, { deadlineMs: 10_000, onlyOnce: true }).then(
    ({ status }) => status,
    () => undefined,
  );
}

/** Whoever writes to the pipe gets it open, instead of waiting for somebody who reads. */
async function withReader<T>(file: string, work: Promise<T> | undefined): Promise<T | undefined> {
  if (work === undefined) return undefined;
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return work.finally(() => closeSync(reader));
}

/** What opens its file once more, to write, waits for a reader: it gets one, and goes on. */
async function startedOn(file: string, starting: Promise<Instance | undefined>): Promise<Instance | undefined> {
  const late = Symbol();
  const started = await Promise.race([starting, delay(heldMs, late)]);
  if (started !== late) return started as Instance | undefined;
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return starting.finally(() => closeSync(reader));
}

/** The other end of the pipe, as soon as the app has opened it to read. */
async function opened(file: string, listens: () => boolean): Promise<number | undefined> {
  let until = performance.now() + openedWithinMs;
  let late = false; // It listens; what it has not opened yet it does not read at the start.
  while (performance.now() < until) {
    if (listens() && !late) {
      late = true;
      until = performance.now() + heldMs;
    }
    try {
      return openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      await delay(10); // Nobody reads yet.
    }
  }
  return undefined;
}
