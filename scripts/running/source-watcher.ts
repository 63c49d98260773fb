import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { look, type Snapshot } from '../../checks/harness/app/sources.ts';

const lookEveryMs = 150;
/** Saves that follow each other within this belong together: a formatter, a branch that is checked out. */
const stormGapMs = 2_000;
/** How long the files must then be still. */
const stormEndsAfterMs = 900;
/**
 * Looks at the files again and again. Nothing else works on every network folder, in every container and in WSL, and a
 * lesson is small: a look at 20 files takes about a millisecond.
 * @param onSave gets the path of a file that was saved, added or deleted, once the files have been still for one look, or
 * for six when it is one save of many.
 * @param onChange is called as soon as a file differs.
 */
export async function watchSources(
  dir: string,
  onSave: (file: string) => void,
  signal: AbortSignal,
  onChange: () => void = () => {},
): Promise<void> {
  let known = look(dir);
  let saved: string | undefined;
  let stillForMs = stormGapMs;
  let neededMs = lookEveryMs;
  while (!signal.aborted) {
    const now = look(dir);
    const differing = difference(known, now);
    known = now;
    if (differing !== undefined) {
      // In a row of differing looks a single save is still being written.
      if (stillForMs > 0) neededMs = stillForMs < stormGapMs ? stormEndsAfterMs : lookEveryMs;
      saved = differing;
      stillForMs = 0;
      onChange();
    } else {
      stillForMs += lookEveryMs;
      if (saved !== undefined && stillForMs >= neededMs) {
        onSave(relative(dir, saved));
        saved = undefined;
      }
    }
    await delay(lookEveryMs, undefined, { signal }).catch(() => {});
  }
}

function difference(before: Snapshot, after: Snapshot): string | undefined {
  for (const [path, was] of before) if (after.get(path) !== was) return path;
  for (const path of after.keys()) if (!before.has(path)) return path;
  return undefined;
}
