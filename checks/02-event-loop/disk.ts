import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Answer, BehaviourFailure, type Instance, type Stage } from '../harness/sdk/index.ts';
import { fullDisk } from './full-disk.ts';
import { answersHealth, SlowFile, standsStill } from './slow-file.ts';
import { accountOf, type Credentials, linesOf, newcomer } from './steps.ts';

/** What an app does whose disk refuses, and then is slow. */
export interface DiskTrouble {
  told: string;
  /** The sign-up that could not be written. */
  refused?: Answer;
  /** The same sign-up, once writing works again. Undefined if the first had got its 201. */
  accepted?: Answer;
  /** The accounts that were written of it; undefined where that can't be told. */
  written?: number | undefined;
  /** Whether /health was answered while the write hung; undefined where it could not be made to hang. */
  healthAnswered?: boolean | undefined;
  /** Why it could not be made to hang. */
  notSlow?: string | undefined;
  /** Instead of an answer. */
  broke?: BehaviourFailure;
}

/** Longer than one hash takes on a slow and busy laptop. */
const deadlineMs = 12_000;

/** Undefined for an app whose writes can't be made to fail here. */
export async function diskTrouble(t: Stage): Promise<DiskTrouble | undefined> {
  const file = join(mkdtempSync(join(dirname(t.file('ACCOUNTS_FILE')), 'disk-')), 'accounts.jsonl');
  const extra = await t.startExtra({ env: { ACCOUNTS_FILE: file } });
  await t.visitor({ at: extra }).get('/health', { deadlineMs }); // It listens; now its start is over, too.
  const disk = fullDisk(extra, file);
  if (!disk) return undefined;
  const customer = newcomer();
  const ask = () => t.visitor({ at: extra }).post('/accounts', customer, { deadlineMs });
  const trouble: DiskTrouble = { told: 'a sign-up while ACCOUNTS_FILE can’t be written' };
  try {
    disk.fill();
    trouble.refused = await ask().finally(() => disk.free());
    t.trail.begin(trouble.told);
    if (trouble.refused.status === 201) return trouble;
    if (disk.opensEachTime) return { ...trouble, ...(await slowDisk(t, extra, { file, customer, ask })) };
    const accepted = await ask();
    const written = linesOf(t, customer.name, file).length;
    return { ...trouble, accepted, written, notSlow: 'it keeps its file open' };
  } catch (error) {
    if (!(error instanceof BehaviourFailure)) throw error;
    return { ...trouble, broke: await named(extra, error, trouble), notSlow: 'it did not outlive a write that failed' };
  }
}

/** The write that failed, once more, on a disk that does not answer for a while. */
async function slowDisk(
  t: Stage,
  extra: Instance,
  { file, customer, ask }: { file: string; customer: Credentials; ask: () => Promise<Answer> },
): Promise<Partial<DiskTrouble>> {
  const slow = SlowFile.make(file);
  let over = false;
  const asked = ask().finally(() => {
    over = true;
  });
  asked.catch(() => {}); // Reported by the await below.
  let hung = false;
  let healthAnswered: boolean | undefined;
  try {
    if (slow) {
      await standsStill(extra, () => over);
      hung = !over;
      if (hung) healthAnswered = await answersHealth(t, extra);
      slow.letGo();
      // Whoever reads the whole file before each write waits for its end, which a pipe has when we close it.
      if (hung) await standsStill(extra, () => over);
      if (!over) {
        rmSync(file, { force: true }); // What it opens next is a file.
        await slow.close();
      }
    }
    let accepted = await asked;
    await slow?.close();
    if (slow && accepted.status >= 500) {
      rmSync(file, { force: true }); // A pipe has no disk to be flushed to, so this was no fair question.
      accepted = await ask();
    }
    const isPipe = lstatSync(file, { throwIfNoEntry: false })?.isFIFO();
    const inPipe = slow?.text().split('\n').flatMap(accountOf(t, customer.name)).length;
    // Opened for reading, too, a pipe takes everything at once, and forgets it when it is closed.
    const written = isPipe ? (hung ? inPipe : undefined) : linesOf(t, customer.name, file).length;
    return {
      accepted,
      written,
      healthAnswered,
      notSlow: slow ? 'it writes to another file first, or opens this one to read, too' : 'there are no named pipes',
    };
  } finally {
    await slow?.close().catch(() => {}); // It has been replaced by a file.
  }
}

/** No answer came: what the app did instead. */
async function named(extra: Instance, { failure }: BehaviourFailure, { told, refused }: DiskTrouble) {
  const again = { what: 'the same sign-up, once it can be written again' };
  const trail = refused ? [{ what: told }, again] : [{ what: told }];
  if (failure.kind === 'hangs') {
    return new BehaviourFailure({
      ...failure,
      trail,
      because: refused
        ? 'One failed write broke the sign-ups that come after it: they get no answer.'
        : 'The account could not be written, and the customer was never answered.',
      lookAt: 'what happens to an error of the write: does it reach POST /accounts?',
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
