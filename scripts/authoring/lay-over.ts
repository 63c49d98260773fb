import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyPatch, parsePatch } from 'diff';

/** The file of a fix that says which lines of its base it changes. */
export const patchName = 'change.patch';

/**
 * Lays files over a copy of `base` in `dir`, and applies their change.patch to it: most wrong turns differ in a few lines.
 * @returns `dir`.
 * @throws {Error} for a patch whose lines are no longer there: what it was made from has changed.
 */
export function layFilesOver(base: string, files: string, dir: string): string {
  cpSync(base, dir, { recursive: true });
  cpSync(files, dir, { recursive: true });
  if (existsSync(join(files, patchName))) {
    rmSync(join(dir, patchName));
    applyTo(dir, readFileSync(join(files, patchName), 'utf8'));
  }
  return dir;
}

function applyTo(dir: string, patch: string): void {
  for (const part of parsePatch(patch)) {
    const file = join(dir, String(part.newFileName));
    const changed = applyPatch(readFileSync(file, 'utf8'), part);
    if (changed === false) throw new Error(`${patchName} no longer fits ${part.newFileName}, laid out in ${dir}`);
    writeFileSync(file, changed);
  }
}
