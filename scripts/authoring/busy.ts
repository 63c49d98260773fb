import { spawn } from 'node:child_process';
import type { Run } from '../../checks/harness/os/run.ts';

/** Keeps one core busy for as long as the run lasts, as a video call or a build does. */
export function keepOneCoreBusy(run: Run): void {
  const hog = spawn(process.execPath, ['-e', 'for (;;) Math.sqrt(Math.random());'], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...run.env },
  });
  run.adopt(hog);
  hog.unref();
}
