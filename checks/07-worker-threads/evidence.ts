import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from '../harness/sdk/index.ts';

/**
 * CPU milliseconds that each thread of the app used while the work ran, most first. Undefined where the system can't
 * tell. Threads that end with their search are seen, too, because it looks every few milliseconds.
 */
export async function cpuByThread(app: Instance, work: Promise<unknown>): Promise<number[] | undefined> {
  const before = app.threadCpu();
  if (!before) return work.then(() => undefined);
  const used = new Map<string, number>();
  await whileRunning(work, () => {
    for (const [thread, ms] of app.threadCpu() ?? []) used.set(thread, ms - (before.get(thread) ?? 0));
  });
  return [...used.values()].sort((a, b) => b - a);
}

export interface Made {
  threads: number;
  processes: number;
}

/** How many threads and processes an app has made that was just started, when the work is done. */
export async function madeSinceStart(app: Instance, work: () => Promise<unknown>): Promise<Made> {
  const atStart = await app.probe.read();
  const pids = new Set([...atStart.processes, ...app.tree().map(({ pid }) => pid)]);
  const { threads, processes } = await madeDuring(app, work);
  return { threads: atStart.threadsCreated + threads, processes: pids.size - 1 + processes };
}

/** How many threads and processes the app starts meanwhile. */
export async function madeDuring(app: Instance, work: () => Promise<unknown>): Promise<Made> {
  const running = app.tree().map(({ pid }) => pid);
  const before = await app.probe.read();
  const known = new Set([...before.processes, ...running]);
  const pids = await pidsDuring(app, work());
  const after = await app.probe.read();
  return {
    threads: after.threadsCreated - before.threadsCreated,
    processes: [...new Set([...after.processes, ...pids])].filter((pid) => !known.has(pid)).length,
  };
}

/** Pids of the app's processes that were seen while the work ran. */
async function pidsDuring(app: Instance, work: Promise<unknown>): Promise<Set<number>> {
  const pids = new Set<number>();
  await whileRunning(work, () => {
    for (const { pid } of app.tree()) pids.add(pid);
  });
  return pids;
}

async function whileRunning(work: Promise<unknown>, look: () => void): Promise<void> {
  let over = false;
  const end = work.finally(() => {
    over = true;
  });
  end.catch(() => {}); // Reported by the await below; until then nobody listens.
  look();
  while (!over) {
    await delay(15);
    look();
  }
  await end;
}
