import { setTimeout as delay } from 'node:timers/promises';
import { parentOf } from '../checks/harness/processes.ts';
import { closeRun, openRun, type Run } from '../checks/harness/run.ts';

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Does something that starts processes, and leaves none behind: not when it ends, not when it throws, not when this
 * process is told to stop or when the npm that started it dies.
 */
export async function withRun<T>(act: (run: Run) => Promise<T>): Promise<T> {
  const run = openRun();
  let stopping = false;
  const stop = async (exitCode: number) => {
    if (stopping) return;
    stopping = true;
    await closeRun(run.dir);
    if (exitCode === 130) process.stderr.write('\nStopped. Nothing is left running.\n');
    process.exit(exitCode);
  };
  for (const [signal, code] of Object.entries(exitCodes)) {
    // In front of whatever a library has put there: it would only begin a slow goodbye.
    process.prependListener(signal, () => void stop(code));
  }
  void watchParents(() => stop(1));
  try {
    return await act(run);
  } finally {
    if (!stopping) await closeRun(run.dir);
  }
}

/** A SIGKILL of npm or of the terminal reaches us only as a new parent: of ours, or of the shell between npm and us. */
async function watchParents(onOrphaned: () => Promise<void>): Promise<void> {
  if (process.platform === 'win32') return;
  const shell = process.env.npm_lifecycle_event === undefined ? undefined : process.ppid;
  const parents = () => [process.ppid, shell === undefined ? undefined : parentOf(shell)].join();
  const first = parents();
  while (parents() === first) await delay(500, undefined, { ref: false });
  await onOrphaned();
}
