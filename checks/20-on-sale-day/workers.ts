import { setTimeout as delay } from 'node:timers/promises';
import { type Instance, pulseOf } from '../harness/sdk/index.ts';
import { Customer } from './customers.ts';

/** By the contract. */
export const replacedWithinMs = 2_000;
/** CPU time by which a process that serves is told from one that waits or only hands on connections. */
const servesMs = 10;
/** Who logs in meanwhile, and nowhere else. */
const firstComer = 200;
const comers = 40;
const atOnce = 4;

/** What became of a worker that was killed. */
export interface Killed {
  at: number;
  /** Until another process had come; undefined where none did. */
  replacedMs: number | undefined;
  /** There was one process only, so the whole instance has ended. */
  wasAll: boolean;
  /** Nobody came, although the process that could have started one had its time on a core, and rests. */
  wasIgnored: boolean;
}

/** Pids of the processes of an instance besides the one that was started, the oldest first. */
export function childrenOf(app: Instance): number[] {
  const rows = app.tree(0).filter(({ pid }) => pid !== app.pid);
  return rows.sort((one, other) => one.startedAt - other.startedAt).map(({ pid }) => pid);
}

/**
 * Processes that work while customers log in, each on a connection of its own: a kept one stays with its worker. To compare a
 * password takes milliseconds of CPU in whichever process serves. The process that was started is one of them if it does as
 * much as others.
 */
export async function servingOf(app: Instance): Promise<number[]> {
  const before = new Map(app.tree(0).map(({ pid, cpuMs }) => [pid, cpuMs]));
  const coming = Array.from({ length: comers }, (_, n) => new Customer(firstComer + n));
  const logIns = Array.from({ length: atOnce }, async () => {
    for (let customer = coming.pop(); customer && !app.exited; customer = coming.pop()) await customer.logIn(app.url);
  });
  await Promise.all(logIns);
  const used = app.tree(0).map(({ pid, cpuMs }) => ({ pid, ms: cpuMs - (before.get(pid) ?? cpuMs) }));
  const children = used.filter(({ pid }) => pid !== app.pid);
  const most = Math.max(0, ...children.map(({ ms }) => ms));
  return used
    .filter(({ pid, ms }) => ms >= (pid === app.pid ? Math.max(servesMs, most / 2) : servesMs))
    .map(({ pid }) => pid);
}

/** Kills the oldest worker of an instance, or the instance where it is one process, and waits for a new one. */
export async function killWorker(app: Instance, withinMs = 6_000): Promise<Killed> {
  const before = childrenOf(app);
  const at = performance.now();
  const pulse = pulseOf(app.pid);
  const none = { at, replacedMs: undefined, wasIgnored: false };
  // The first that still lives: some end by themselves.
  if (!before.some(killed)) {
    if (before.length === 0) killed(app.pid);
    return { ...none, wasAll: true };
  }
  for (const until = at + withinMs; performance.now() < until; await delay(20)) {
    if (app.exited) return { ...none, wasAll: true };
    if (childrenOf(app).some((pid) => !before.includes(pid)))
      return { ...none, replacedMs: performance.now() - at, wasAll: false };
  }
  const now = pulseOf(app.pid);
  return { ...none, wasAll: false, wasIgnored: pulse && now ? now.sleeps > pulse.sleeps && !now.wantsCore : false };
}

/** Whether there was still such a process to be killed. */
function killed(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
