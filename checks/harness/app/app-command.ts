import type { OutputTail } from '../os/output-tail.ts';
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
  args?: readonly string[];
  env: Record<string, string>;
  /** Gets each line that it prints, as it comes. */
  onOutput?: ((line: string) => void) | undefined;
}

/** Runs a script of the app that ends by itself. One that does not is ended, with its children. */
export async function runAppCommand({
  run,
  dir,
  script,
  args = [],
  env,
  onOutput,
}: AppCommand): Promise<AppCommandEnd> {
  const child = await run.spawn(process.execPath, [script, ...args], {
    cwd: dir,
    limitMs,
    env: { ...inheritedEnv(), ...env },
  });
  if (onOutput) new OutputLines(onOutput).follow(child.process.stdout, child.process.stderr);
  await child.closed; // Its last lines are there.
  return {
    ok: child.process.exitCode === 0 && !child.late,
    ending: child.late ? `still running after ${limitMs / 1000} s` : child.ending(),
    output: child.output,
  };
}
