import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { look } from './source-watcher.ts';

/** The contents of an app's source files, by path. Other files may be the app's own output. */
export type Sources = ReadonlyMap<string, string>;

export function readSources(dir: string): Sources {
  return new Map([...look(dir).keys()].map((path) => [relative(dir, path), contentOf(path)]));
}

/** The first source file whose content differs, was added or is gone: "src/app.ts". */
export function changedSource(before: Sources, after: Sources): string | undefined {
  return [...new Set([...before.keys(), ...after.keys()])].sort().find((path) => before.get(path) !== after.get(path));
}

/** A short name of exactly these sources: two apps that have the same name are the same app. */
export function nameOfSources(sources: Sources): string {
  return createHash('sha1')
    .update(JSON.stringify([...sources].sort()))
    .digest('hex')
    .slice(0, 16);
}

function contentOf(path: string): string {
  try {
    return createHash('sha1').update(readFileSync(path)).digest('hex');
  } catch {
    return 'unreadable';
  }
}
