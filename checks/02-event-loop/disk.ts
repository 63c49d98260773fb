import { lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import bcrypt from 'bcrypt';
import { type Answer, BehaviourFailure, type Instance, type Stage } from '../harness/sdk/index.ts';
import { fullDisk } from './full-disk.ts';
import { answersHealth, answersLogIn, SlowFile, standsStill } from './slow-file.ts';
import { type Account, accountOf, type Credentials, cheapCost, linesOf, newcomer } from './steps.ts';

/** What an app does whose disk refuses, and then is slow. */
export interface DiskTrouble {
  told: string;
  /** One of the sign-ups that could not be written: one that was not told so, if there is any. */
  refused?: Answer;
  /** The same sign-up, once writing works again. Undefined if the first had got its 201. */
  accepted?: Answer;
  /** The accounts that were written of it; undefined where that can't be told. */
  written?: number | undefined;
  /** Whether /health was answered while the write hung; undefined where it could not be made to hang. */
  healthAnswered?: boolean | undefined;
  /** The same of a log-in with another name. */
  logInAnswered?: boolean | undefined;
  /** What a sign-up wrote with NODE_ENV=test. */
  inTests?: Account | undefined;
  /** Why it could not be made to hang. */
  notSlow?: string | undefined;
  /** Instead of an answer. */
  broke?: BehaviourFailure;
}

/** Longer than one hash takes on a slow and busy laptop. */
const deadlineMs = 12_000;
/** As many as libuv has threads: whoever hashes so many at a time, and loses a turn with each failure, has none left. */
const failures = 4;
/** Sign-ups whose writes hang at the same time, by the contract. One fewer than libuv has threads. */
export const hanging = 3;

/** Undefined for an app whose writes can't be made to fail here. */
export async function diskTrouble(t: Stage): Promise<DiskTrouble | undefined> {
  const file = join(mkdtempSync(join(dirname(t.file('ACCOUNTS_FILE')), 'disk-')), 'accounts.jsonl');
  const known = newcomer();
  writeFileSync(file, `${JSON.stringify({ name: known.name, hash: bcrypt.hashSync(known.password, cheapCost) })}\n`);
  const extra = await t
    .startExtra({ env: { ACCOUNTS_FILE: file, NODE_ENV: 'test' } })
    // An app may leave it to its tests to listen.
    .catch(() => t.startExtra({ env: { ACCOUNTS_FILE: file } }));
  await t.visitor({ at: extra }).get('/health', { deadlineMs }); // It listens; now its start is over, too.
  const disk = fullDisk(extra, file);
  if (!disk) return undefined;
  const customer = newcomer();
  const signUp = (who: Credentials) => t.visitor({ at: extra }).post('/accounts', who, { deadlineMs });
  const ask = () => signUp(customer);
  const trouble: DiskTrouble = { told: `${failures} sign-ups while ACCOUNTS_FILE can’t be written` };
  try {
    disk.fill();
    const others = Array.from({ length: failures - 1 }, newcomer);
    const answers = await Promise.all([ask(), ...others.map(signUp)]).finally(() => disk.free());
    for (const answer of answers) answer.is(500, 503, 507); // They may say so, and nobody's fault here is explained with it.
    trouble.refused = answers.find(({ status }) => status < 500) ?? (answers[0] as Answer);
    t.trail.begin(trouble.told);
    if (trouble.refused.status === 201) return trouble;
    if (disk.opensEachTime) return { ...trouble, ...(await slowDisk(t, extra, { file, customer, ask, known })) };
    const accepted = await ask();
    const lines = linesOf(t, customer.name, file);
    return { ...trouble, accepted, written: lines.length, inTests: lines[0], notSlow: 'it keeps its file open' };
  } catch (error) {
    if (!(error instanceof BehaviourFailure)) throw error;
    return { ...trouble, broke: await named(extra, error, trouble), notSlow: 'it did not outlive a write that failed' };
  }
}

/** The write that failed, once more, on a disk that does not answer for a while. */
async function slowDisk(
  t: Stage,
  extra: Instance,
  {
    file,
    customer,
    ask,
    known,
  }: { file: string; customer: Credentials; ask: () => Promise<Answer>; known: Credentials },
): Promise<Partial<DiskTrouble>> {
  const slow = SlowFile.make(file);
  let over = false;
  const asked = ask().finally(() => {
    over = true;
  });
  asked.catch(() => {}); // Reported by the await below.
  const beside = slow ? Array.from({ length: hanging - 1 }, newcomer) : [];
  const others = beside.map(async (who) => {
    const answer = await t.visitor({ at: extra }).post('/accounts', who, { deadlineMs });
    answer.is(201, 500, 503, 507); // What becomes of them is not judged.
  });
  for (const other of others) other.catch(() => {});
  let hung = false;
  let healthAnswered: boolean | undefined;
  let logInAnswered: boolean | undefined;
  try {
    if (slow) {
      await standsStill(extra, () => over);
      hung = !over;
      if (hung) healthAnswered = await answersHealth(t, extra);
      if (healthAnswered) logInAnswered = await answersLogIn(t, extra, known);
      slow.letGo();
      // Whoever reads the whole file before each write waits for its end, which a pipe has when we close it.
      if (hung) await standsStill(extra, () => over);
      if (!over) {
        rmSync(file, { force: true }); // What it opens next is a file.
        await slow.close();
      }
    }
    let accepted = await asked;
    await Promise.allSettled(others); // While somebody reads the pipe: later they would wait for a reader.
    await slow?.close();
    if (slow && accepted.status >= 500) {
      rmSync(file, { force: true }); // A pipe has no disk to be flushed to, so this was no fair question.
      accepted = await ask();
    }
    const isPipe = lstatSync(file, { throwIfNoEntry: false })?.isFIFO();
    const inPipe = slow?.text().split('\n').flatMap(accountOf(t, customer.name)) ?? [];
    // Opened for reading, too, a pipe takes everything at once, and forgets it when it is closed.
    const lines = isPipe ? (hung ? inPipe : undefined) : linesOf(t, customer.name, file);
    return {
      accepted,
      written: lines?.length,
      inTests: lines?.[0],
      healthAnswered,
      logInAnswered,
      notSlow: slow ? 'it writes to another file first, or opens this one to read, too' : 'there are no named pipes',
    };
  } finally {
    await slow?.close().catch(() => {}); // It has been replaced by a file.
  }
}

/** No answer came: what the app did instead. */
async function named(extra: Instance, { failure }: BehaviourFailure, { told, refused }: DiskTrouble) {
  const again = { what: 'one of them, once it can be written again' };
  const trail = refused ? [{ what: told }, again] : [{ what: told }];
  if (failure.kind === 'hangs') {
    return new BehaviourFailure({
      ...failure,
      trail,
      because: refused
        ? 'Failed writes broke the sign-ups that come after them: they get no answer.'
        : 'The account could not be written, and the customer was never answered.',
      lookAt:
        'what happens to an error of the write: does it reach POST /accounts? And what does a sign-up that fails give back?',
    });
  }
  if (!(await extra.exitedWithin(2_000))) return new BehaviourFailure({ ...failure, trail });
  return new BehaviourFailure({
    kind: 'crashed',
    trail,
    expected: 'the app to keep running',
    seen: `it ended with ${extra.ending()}`,
    because:
      'The account could not be written, and the error ended the whole process. Every other request that it was serving was lost.',
    lookAt: 'the error below: what throws it, and what should have caught it?',
    appOutput: extra.output.crashLines(12),
  });
}
