import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Who holds a lock holds it for some milliseconds; one of this age was left behind by a process that was killed. */
const staleAfterMs = 5_000;
const giveUpAfterMs = 10_000;

/** Does something that no other process does meanwhile, with `file` as the sign that it is being done. */
export async function whileLocked<T>(file: string, act: () => T): Promise<T> {
  const until = performance.now() + giveUpAfterMs;
  while (!take(file)) {
    if (performance.now() > until)
      throw new Error(
        `${file} has been there for ${giveUpAfterMs / 1000} s: delete it if nothing of the workshop runs`,
      );
    dropIfStale(file);
    await delay(5 + Math.random() * 15);
  }
  try {
    return act();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx');
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
    return true;
  } catch (error) {
    // Windows says EPERM while another process deletes it.
    if (['EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function dropIfStale(file: string): void {
  try {
    const age = () => Date.now() - statSync(file).mtimeMs;
    if (age() < staleAfterMs) return;
    const owner = readFileSync(file, 'utf8');
    // Moved before it is deleted: of two processes that find it stale only one can move it.
    const aside = `${file}.${process.pid}`;
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== owner) linkSync(aside, file); // Somebody else's, taken since: back with it.
    rmSync(aside);
  } catch {} // Given back by its owner, or taken over by another process.
}
