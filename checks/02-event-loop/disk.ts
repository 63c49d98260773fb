import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Stage } from '../harness/behaviour.ts';
import type { Answer } from '../harness/visitor.ts';
import { answersHealth, SlowFile, standsStill } from './slow-file.ts';
import { accountOf, linesOf, newcomer, patienceMs, tellInOneLine } from './steps.ts';

/** What an app does whose disk refuses, and then is slow. */
export interface DiskTrouble {
  told: string;
  /** The sign-up that could not be written. */
  refused: Answer;
  /** The same sign-up, once writing works again. Undefined if the first had got its 201. */
  accepted?: Answer;
  /** The accounts that were written of it; undefined where that can't be told. */
  written?: number | undefined;
  /** Whether /health was answered while the write hung; undefined where it could not be made to hang. */
  healthAnswered?: boolean | undefined;
}

/** Undefined for an app that opens its file when it starts: nobody can take that away. */
export async function diskTrouble(t: Stage): Promise<DiskTrouble | undefined> {
  const file = join(mkdtempSync(join(dirname(t.file('ACCOUNTS_FILE')), 'disk-')), 'accounts.jsonl');
  const extra = await t.startExtra({ env: { ACCOUNTS_FILE: file } });
  if (existsSync(file)) return undefined;
  const customer = newcomer();
  const ask = () => t.visitor({ at: extra }).post('/accounts', customer, { deadlineMs: patienceMs });
  const told = 'a sign-up while ACCOUNTS_FILE can’t be written';
  mkdirSync(file); // A folder in the file's place is a disk that takes nothing.
  const refused = await ask();
  rmdirSync(file);
  tellInOneLine(t, told);
  if (refused.status === 201) return { told, refused };

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
    return { told, refused, accepted, written, healthAnswered };
  } finally {
    await slow?.close().catch(() => {}); // It has been replaced by a file.
  }
}
