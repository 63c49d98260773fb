import type { Run } from '../../checks/harness/os/run.ts';

/** Keeps one core busy for as long as the run lasts, as a video call or a build does. */
export async function keepOneCoreBusy(run: Run): Promise<void> {
  const hog = await run.spawn(process.execPath, ['-e', 'for (;;) Math.sqrt(Math.random());'], {
    stdio: 'ignore',
    env: process.env,
  });
  hog.process.unref();
}
