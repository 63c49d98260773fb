import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What an app is made of. Other files may be the app's own output, and a check that wrote them must not start the next. */
const source = /\.([cm]?[jt]s|lua|sql|conf|ya?ml)$|(^|[\\/])(package\.json|mime\.types|[\w.]*Dockerfile)$/;
/** An editor's own files, and packages. */
const ignored = /^(\.|#)|~$|^node_modules$/;

/** The state of a folder's source files: each path with what changes when it is saved. */
export type Snapshot = Map<string, string>;

export function look(dir: string, found: Snapshot = new Map()): Snapshot {
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (ignored.test(entry.name)) continue;
      const path = join(dir, entry.name);
      if (entry.isDirectory()) look(path, found);
      else if (source.test(path)) found.set(path, stamp(path));
    }
  } catch {} // Being replaced this very moment: the next look sees it.
  return found;
}

function stamp(path: string): string {
  try {
    const { mtimeNs, size, ino } = statSync(path, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch {
    return ''; // Deleted since, or a link to nowhere.
  }
}

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
