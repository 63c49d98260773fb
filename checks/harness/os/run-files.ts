import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { bootId, machineId } from './machine-id.ts';
import { isOrdinary, type ProcessIdentity } from './processes.ts';

// What a run writes down about itself. Processes are ended by what is read here, perhaps much later and by another
// command, so each line proves that it is whole: a full disk tears lines, and half a number names a stranger.

/** A process that a run has started, and the signal that ends it. */
export interface Adopted extends ProcessIdentity {
  signal: NodeJS.Signals;
}

/** The command that a run belongs to. */
export interface Owner extends ProcessIdentity {
  /** Where its number means something. */
  machine: string;
  boot: string;
}

const signals: readonly string[] = ['SIGKILL', 'SIGTERM', 'SIGQUIT', 'SIGINT'];

/** Adds a process to a run's list. @throws when it can't be written, such as on a full disk. */
export function writeAdopted(dir: string, { pid, startedAt, signal }: Adopted): void {
  // A line that was torn has no end: the next one must not become a part of it.
  appendFileSync(join(dir, 'processes'), `\n${sealed(`${pid} ${startedAt} ${signal}`)}\n`);
}

/** The processes of a run's list. `problem` says what of it could not be read, and is never taken for a process. */
export function readAdopted(dir: string): { processes: Adopted[]; problem?: string } {
  const file = join(dir, 'processes');
  const { lines, problem } = readSealed(file);
  const processes = lines.map(readProcess);
  const good = processes.filter((one) => one !== undefined);
  const broken = problem ?? (good.length < lines.length ? 'not every line of it is whole' : undefined);
  return broken ? { processes: good, problem: `${file}: ${broken}` } : { processes: good };
}

function readProcess(body: string | undefined): Adopted | undefined {
  const [, pid, startedAt, signal = ''] = /^(\d+) (\d+) (\w+)$/.exec(body ?? '') ?? [];
  const process = { pid: Number(pid), startedAt: Number(startedAt), signal: signal as NodeJS.Signals };
  const isKnown = isOrdinary(process.pid) && Number.isSafeInteger(process.startedAt) && process.startedAt > 0;
  return isKnown && signals.includes(signal) ? process : undefined;
}

/** Writes down whose run it is. @throws when it can't be written. */
export function writeOwner(dir: string, { pid, startedAt }: ProcessIdentity): void {
  writeFileSync(join(dir, 'owner'), `${sealed(`${pid} ${startedAt} ${machineId()} ${bootId() || '-'}`)}\n`);
}

/** Whose run it is; undefined while that is not written, or when it can't be read. */
export function readOwner(dir: string): Owner | undefined {
  const [line] = readSealed(join(dir, 'owner')).lines;
  const [, pid, startedAt, machine = '', boot = ''] = /^(\d+) (\d+) (\w+) (\S+)$/.exec(line ?? '') ?? [];
  return pid ? { pid: Number(pid), startedAt: Number(startedAt), machine, boot: boot === '-' ? '' : boot } : undefined;
}

/** Writes down the mark of all that the run starts. */
export function writeMark(dir: string, mark: number): void {
  writeFileSync(join(dir, 'mark'), `${sealed(String(mark))}\n`);
}

export function readMark(dir: string): number | undefined {
  const [line] = readSealed(join(dir, 'mark')).lines;
  return line && /^\d+$/.test(line) ? Number(line) : undefined;
}

/** Adds a folder outside the run's to what is deleted with it. */
export function writeFolder(dir: string, folder: string): void {
  appendFileSync(join(dir, 'folders'), `\n${sealed(folder)}\n`);
}

/** Folders outside the run's that are to be deleted with it. */
export function readFolders(dir: string): string[] {
  const { lines } = readSealed(join(dir, 'folders'));
  return lines.filter((line) => line !== undefined).filter((folder) => basename(folder).startsWith('encore-'));
}

function sealed(body: string): string {
  return `${body} ${seal(body)}`;
}

function seal(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}

/** The bodies of a file's lines, undefined for one that is not whole. A file that is not there has none. */
function readSealed(file: string): { lines: (string | undefined)[]; problem?: string } {
  if (!existsSync(file)) return { lines: [] };
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    const written = lines.filter((line) => line !== '');
    return { lines: written.map(unsealed), ...(written.length === 0 ? { problem: 'it is empty' } : {}) };
  } catch (error) {
    return { lines: [], problem: `it can't be read (${(error as NodeJS.ErrnoException).code})` };
  }
}

function unsealed(line: string): string | undefined {
  const body = line.slice(0, -9);
  return line === sealed(body) ? body : undefined;
}
