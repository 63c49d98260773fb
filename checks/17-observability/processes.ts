import type { Instance, Stage } from '../harness/sdk/index.ts';
import { touch } from './ask.ts';

const replacedWithinMs = 8_000;

/** Pids of the processes that the app has besides the one that was started, the oldest first: a new one does not listen yet. */
export function childrenOf(app: Instance): number[] {
  const rows = app.tree(0).filter(({ pid }) => pid !== app.pid);
  return rows.sort((a, b) => a.startedAt - b.startedAt).map(({ pid }) => pid);
}

/** Of these, the one that has run for longest. */
export function oldestOf(t: Stage, app: Instance): number {
  const [pid] = childrenOf(app);
  const lookAt = 'what does the primary start, and when?';
  t.require(pid !== undefined, { expected: 'a worker', seen: 'none', because: 'The app has no worker.', lookAt });
  return pid as number;
}

export function skipWithoutSignals(t: Stage): void {
  if (process.platform === 'win32') t.skip('workers can’t be found or stopped on Windows; WSL can');
}

/** Ends a worker, and waits for the one that takes its place. */
export async function endWorker(t: Stage, app: Instance, pid: number, signal: NodeJS.Signals): Promise<void> {
  const before = new Set(childrenOf(app));
  signalTo(pid, signal);
  await t.until(
    'the worker to end and another one to take its place',
    () => {
      const now = childrenOf(app);
      return !now.includes(pid) && now.some((other) => !before.has(other));
    },
    { deadlineMs: replacedWithinMs },
  );
  touch(app);
}

/** Stops processes until something is done. @returns for how many milliseconds. */
export async function whileStopped(pids: readonly number[], act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  try {
    for (const pid of pids) signalTo(pid, 'SIGSTOP');
    await act();
  } finally {
    for (const pid of pids) signalTo(pid, 'SIGCONT');
  }
  return performance.now() - startedAt;
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {} // It has just ended by itself.
}
