import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, ProcessRow } from '../harness/sdk/index.ts';

/**
 * Spreads work over seconds, as a machine does that others keep busy: the app is stopped whenever it has computed more than is
 * due by then. It costs no CPU, and nothing waits longer for its turn than the rest does. Ends when the work is done.
 */
export async function inSlowMotion(
  app: Instance,
  { workMs, lastsMs, isDone }: { workMs: number; lastsMs: number; isDone: () => boolean },
): Promise<void> {
  const startedAt = performance.now();
  const before = app.cpuMs();
  const passed = () => (performance.now() - startedAt) / lastsMs;
  let stopped: ProcessRow[] = [];
  const goOn = () => {
    for (const { pid } of stopped) send(pid, 'SIGCONT');
    stopped = [];
  };
  try {
    while (passed() < 1 && !isDone() && !app.exited) {
      const ahead = app.cpuMs() - before > workMs * passed();
      if (!ahead) goOn();
      else if (stopped.length === 0) {
        stopped = app.tree(0);
        for (const { pid } of stopped) send(pid, 'SIGSTOP');
      }
      await delay(15);
    }
  } finally {
    goOn();
  }
}

/** Stops all processes of the app. Its timers go on, as when others have all cores. */
export async function stoppedFor(app: Instance, ms: number): Promise<void> {
  const stopped = app.tree(0);
  for (const { pid } of stopped) send(pid, 'SIGSTOP');
  try {
    await delay(ms);
  } finally {
    for (const { pid } of stopped) send(pid, 'SIGCONT');
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
