import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { OutputTail } from '../os/output-tail.ts';
import { killNow, processTree } from '../os/processes.ts';
import type { Run } from '../os/run.ts';
import { inheritedEnv } from './inherited-env.ts';
import { OutputLines } from './output-lines.ts';

/** Longer than any migration of a lesson takes on a busy machine: on a quiet one it is 2 s. */
const limitMs = 40_000;

/** How a command of the app ended. */
export interface AppCommandEnd {
  /** It ended by itself, with exit code 0. */
  ok: boolean;
  /** "exit code 1", "signal SIGKILL", or "still running after 40 s". */
  ending: string;
  output: OutputTail;
}

export interface AppCommand {
  run: Run;
  /** The lesson's folder. */
  dir: string;
  /** What `node` runs in it: "src/migrate.ts". */
  script: string;
  env: Record<string, string>;
  /** Gets each line that it prints, as it comes. */
  onOutput?: ((line: string) => void) | undefined;
}

/** Runs a script of the app that ends by itself. One that does not is ended, with its children. */
export async function runAppCommand({ run, dir, script, env, onOutput }: AppCommand): Promise<AppCommandEnd> {
  const child = spawn(process.execPath, [script], {
    cwd: dir,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inheritedEnv(), ...run.env, ...env },
  });
  run.adopt(child);
  const output = new OutputTail();
  output.follow(child.stdout);
  output.follow(child.stderr);
  if (onOutput) new OutputLines(onOutput).follow(child.stdout, child.stderr);
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    killNow(processTree(child.pid ?? -1).map((row) => row.pid));
  }, limitMs);
  await once(child, 'close'); // Its pipes are closed, too: the last lines are there.
  clearTimeout(limit);
  const ended = child.signalCode ? `signal ${child.signalCode}` : `exit code ${child.exitCode}`;
  return {
    ok: child.exitCode === 0 && !late,
    ending: late ? `still running after ${limitMs / 1000} s` : ended,
    output,
  };
}
