import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../os/run.ts';
import { AppProcess } from './app-process.ts';
import { hasNoFile } from './failures.ts';
import { inheritedEnv } from './inherited-env.ts';
import { OutputLines } from './output-lines.ts';
import type { Strays } from './strays.ts';

/** What is run in the lesson's folder. */
export interface Program {
  /** In that folder, and it must be there: "src/server.ts". */
  file: string;
  /** Node's arguments, after its own. */
  args: readonly string[];
  /** How somebody would type it: "node src/server.ts". */
  command: string;
}

/** `node SCRIPT`. */
export const scriptOf = (file: string): Program => ({ file, args: [file], command: `node ${file}` });

export interface ProcessOptions {
  run: Run;
  /** The lesson's folder: the script is run in it. */
  dir: string;
  /** Environment besides PATH, HOME and PORT. */
  env: NodeJS.Dict<string>;
  /** What it is called in a verdict: "instance 1". */
  name: string;
  /** A command that is put before node's and becomes it: `taskset -c 0`. */
  under?: readonly string[];
  /** Node's own arguments: `--inspect=127.0.0.1:9229`. Children that the app forks have them, too. */
  nodeArgs?: readonly string[] | undefined;
  /** Gets each line that it prints, as it comes. */
  onOutput?: ((line: string) => void) | undefined;
  /** Where it is looked for what it has left. */
  strays?: Strays | undefined;
}

/**
 * Runs a program in the lesson's folder, and waits for nothing.
 * @param port where it is to listen; a process that listens nowhere is told no port.
 * @throws {BehaviourFailure} exited-early when its file is not there.
 */
export async function startProcess(
  program: Program,
  { run, dir, env, name, under = [], nodeArgs = [], onOutput, strays }: ProcessOptions,
  port?: number,
): Promise<AppProcess> {
  // Without the folder not even Node could be started, and that would look like a fault of ours.
  if (!existsSync(join(dir, program.file))) throw hasNoFile(dir, program);
  const [command = process.execPath, ...args] = [...under, process.execPath, ...nodeArgs, ...program.args];
  const child = await run.spawn(command, args, {
    cwd: dir,
    env: { ...inheritedEnv(), ...env, ...(port === undefined ? {} : { PORT: String(port) }) },
  });
  const app = new AppProcess(child, port ?? Number.NaN, name, program.command, strays);
  if (onOutput) new OutputLines(onOutput).follow(child.process.stdout, child.process.stderr);
  return app;
}
