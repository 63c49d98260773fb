import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDir } from '../../checks/harness/os/run.ts';
import { UsageError } from '../usage-error.ts';
import { whileLocked } from './file-lock.ts';
import { fromFirstVersion, isProgress, isRecord, noProgress, type Progress, progressVersion } from './progress.ts';

export const progressFile = join(cacheDir, 'progress.json');

/** What is known so far. A file that can't be understood is kept aside, which is said, and we begin anew. */
export async function readProgress(file = progressFile): Promise<Progress> {
  // A file is replaced whole, so a reader needs no lock, unless it finds something to put right.
  const { progress } = parse(file);
  if (progress) return progress;
  return whileLocked(`${file}.lock`, () => readOrKeepAside(file));
}

/** Changes what is known, so that no change of another process is lost. Written whole or not at all. */
export async function updateProgress(change: (progress: Progress) => Progress, file = progressFile): Promise<Progress> {
  mkdirSync(dirname(file), { recursive: true });
  return whileLocked(`${file}.lock`, () => {
    const progress = change(readOrKeepAside(file));
    writeWhole(file, `${JSON.stringify(progress, null, 2)}\n`);
    return progress;
  });
}

function readOrKeepAside(file: string): Progress {
  const { progress, problem } = parse(file);
  if (progress) return progress;
  const aside = file.replace(/\.json$/, `.unread-${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
  renameSync(file, aside);
  console.error(`Your progress file ${problem}. It is kept as ${aside}; the workshop goes on with an empty one.`);
  return noProgress();
}

function parse(file: string): { progress?: Progress; problem?: string } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { progress: noProgress() };
    if (code === 'EISDIR') return { problem: 'is a folder' };
    if (code === 'EACCES') throw new UsageError(`${file} can't be read. To fix it: chmod u+rw ${file}`);
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    const progress = isProgress(value) ? value : fromFirstVersion(value);
    if (progress) return { progress };
    if (isRecord(value) && Number(value.version) > progressVersion)
      return { problem: 'was written by a newer version of the workshop' };
    return { problem: 'does not hold what the workshop writes there' };
  } catch {
    return { problem: 'is damaged or half written' };
  }
}

function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`;
  try {
    const descriptor = openSync(temporary, 'w');
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor); // On the disk before it takes the other's place, so that a power cut leaves one of the two.
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
