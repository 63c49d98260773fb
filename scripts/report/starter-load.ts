import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { LoadResult } from '../../checks/harness/model/result.ts';
import { cacheDir, repoDir } from '../../checks/harness/os/run.ts';
import { contentOf, type FolderContent, sameContent } from '../learner/folder-content.ts';
import { readStarter } from '../learner/starter.ts';

/** The starter's last load run on this machine. */
export interface StarterLoad {
  /** Of the starter, the load, and the machine: a run of another one is no comparison. */
  fingerprint: string;
  /** ISO 8601. */
  at: string;
  load: LoadResult;
}

/** Whether a lesson's folder still holds the starter's source. */
export function isStarter({ folder, services, ecosystem }: Lesson): boolean {
  const isSource = (file: string) =>
    file.startsWith('src/') ||
    file === ecosystem ||
    (services.includes('nginx') && !/(^|\/)(\.|node_modules\/)|^README\.md$/.test(file));
  const sourceOf = (content: FolderContent) =>
    Object.fromEntries(Object.entries(content).filter(([file]) => isSource(file)));
  return sameContent(sourceOf(contentOf(join(repoDir, 'lessons', folder))), sourceOf(readStarter(folder)));
}

/** Keeps a load run of the starter, to be drawn beside the learner's. One on a busy machine is better than none. */
export function keepStarterLoad(lesson: Lesson, load: LoadResult): void {
  if (!load.record || (isDisturbed(load) && !isDisturbed(starterLoad(lesson)?.load ?? load))) return;
  const kept: StarterLoad = { fingerprint: fingerprintOf(lesson), at: new Date().toISOString(), load };
  try {
    mkdirSync(dirname(fileOf(lesson)), { recursive: true });
    writeFileSync(`${fileOf(lesson)}.${process.pid}`, JSON.stringify(kept));
    renameSync(`${fileOf(lesson)}.${process.pid}`, fileOf(lesson));
  } catch {} // A full disk: the picture lacks a curve, and the verdict is what it is.
}

/** The one that was kept last, if it is of this starter, this load and this machine. */
export function starterLoad(lesson: Lesson): StarterLoad | undefined {
  try {
    const kept = JSON.parse(readFileSync(fileOf(lesson), 'utf8')) as StarterLoad;
    return kept.fingerprint === fingerprintOf(lesson) && kept.load.record ? kept : undefined;
  } catch {
    return undefined; // None, or half of one.
  }
}

/** Other programs may have bent it. */
export function isDisturbed({ outcome }: LoadResult): boolean {
  return outcome === 'inconclusive';
}

const fileOf = ({ folder }: Lesson) => join(cacheDir, 'loads', `${folder}-starter.json`);

function fingerprintOf({ folder }: Lesson): string {
  const hash = createHash('sha256').update(JSON.stringify(readStarter(folder)));
  return hash
    .update(readFileSync(join(repoDir, 'checks', folder, 'load.yml')))
    .update(`${hostname()} ${availableParallelism()} ${process.version}`)
    .digest('hex');
}
