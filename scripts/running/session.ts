import { setTimeout as delay } from 'node:timers/promises';
import { openFilesLimit, wantedOpenFiles } from '../../checks/harness/os/open-files.ts';
import { commandOf, parentOf } from '../../checks/harness/os/processes.ts';
import { announceExit, openRun, type Run } from '../../checks/harness/os/run.ts';
import { closeRun, endProcesses } from '../../checks/harness/os/run-end.ts';
import { UsageError } from '../usage-error.ts';

/** What an exit may take when we are told to stop, and when a command has ended by itself and prints its result. */
const stopWithinMs = 1_000;
const endWithinMs = 10_000;
export const signalExitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

let stopping = false;

/** Whether this process was told to stop. What it has started is being ended, and says nothing about anybody. */
export function isStopping(): boolean {
  return stopping;
}

/**
 * Does something that starts processes, and leaves none behind: not when it ends, not when it throws, not when this
 * process is told to stop or when the npm that started it dies.
 */
export async function withRun<T>(act: (run: Run) => Promise<T>): Promise<T> {
  refuseFewOpenFiles();
  const orphaned = watchParents(); // First of all: who dies before it looks is missed.
  const run = await openRun(sayUnreadable);
  const stop = async (exitCode: number) => {
    if (stopping) return;
    stopping = true;
    // Threads of this process may still be starting something. The reaper ends that, too, once this process is gone, and
    // deletes the folder.
    const problem = await endProcesses(run.dir);
    if (problem) sayUnreadable(problem);
    else if (exitCode === 130) process.stderr.write('\nStopped. Nothing is left running.\n');
    announceExit(stopWithinMs);
    process.exit(exitCode);
  };
  for (const [signal, code] of Object.entries(signalExitCodes)) {
    // In front of whatever a library has put there: it would only begin a slow goodbye.
    process.prependListener(signal, () => void stop(code));
  }
  // Of a library that comes later: Vitest would exit a millisecond after the signal, before all is ended and said.
  const ownSignals = (event: string | symbol, listener: (...args: unknown[]) => void) => {
    if (Object.hasOwn(signalExitCodes, event)) queueMicrotask(() => process.off(event, listener));
  };
  process.on('newListener', ownSignals);
  void orphaned.then(() => stop(1));
  try {
    return await act(run);
  } finally {
    process.off('newListener', ownSignals);
    // What comes of an act whose processes are being ended is no result: `stop` has the last word.
    if (stopping) await new Promise(() => {});
    const problem = await closeRun(run.dir);
    if (problem) sayUnreadable(problem);
    announceExit(endWithinMs);
  }
}

/** A list that can't be trusted ends nobody, so that no stranger is ended: then it is up to the user. */
function sayUnreadable(problem: string): void {
  process.stderr.write(
    `\nWhat a run of the workshop had started is not known any more, so some of it may still run: ${problem}. Is the disk full?\n`,
  );
}

/** With fewer the app gets into trouble, too, and would be blamed for it. */
function refuseFewOpenFiles(): void {
  const limit = openFilesLimit();
  if (limit === undefined || limit >= wantedOpenFiles) return;
  throw new UsageError(
    `A process may open ${limit} files and connections here, and the workshop needs ${wantedOpenFiles.toLocaleString('en')}. Raise the limit, then try again: ulimit -n 4096 (in a container: docker run --ulimit nofile=4096).`,
  );
}

/**
 * A SIGKILL of npm or of the terminal reaches us only as a new parent: of ours, or of a process between npm and us, such as
 * a shell.
 */
export async function watchParents(): Promise<void> {
  if (process.platform === 'win32') return new Promise(() => {});
  const between = parentsUpToNpm();
  const parents = () => [process.ppid, ...between.map(parentOf)].join();
  const first = parents();
  const isUnchanged = () => {
    try {
      return parents() === first;
    } catch {
      return true; // That we can't look does not mean that they are gone.
    }
  };
  const everyMs = process.platform === 'linux' ? 500 : 2_000; // Elsewhere each look is a process of its own.
  while (isUnchanged()) await delay(everyMs, undefined, { ref: false });
}

/** The processes between us and the npm that runs us, nearest first. Who started that npm may end without us. */
function parentsUpToNpm(): number[] {
  const found: number[] = [];
  for (let pid = process.ppid; process.env.npm_lifecycle_event && found.length < 4; pid = parentOf(pid) ?? 0) {
    if (pid <= 1 || /^(\S*\/)?(npm|node \S*npm)\b/.test(commandOf(pid))) return found;
    found.push(pid);
  }
  return [];
}
