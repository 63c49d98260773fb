import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Child } from './child.ts';
import type { Run } from './run.ts';

/** How a command ended, with everything that it wrote. */
export interface CommandResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** What a command runs in. `run` is left out where the command only looks and ends by itself. */
export interface CommandOptions {
  env: NodeJS.ProcessEnv;
  limitMs: number;
  cwd?: string;
  run?: Run;
  /** The signal that ends it in an orderly way, if the run ends before it. */
  askFirst?: NodeJS.Signals;
  /** Another user to run it as; only root can. */
  uid?: number;
  gid?: number;
}

/** Runs a command to its end. Rejects when it can't be started, or is not done in time: then its whole group is ended. */
export async function runCommand(file: string, args: string[], options: CommandOptions): Promise<CommandResult> {
  const { run, limitMs, env, ...rest } = options;
  const start = run ? run.spawn : (...given: Parameters<Run['spawn']>) => Child.start(...given, () => {});
  const child = await start(file, args, { ...rest, env, limitMs });
  const [stdout, stderr] = [textOf(child.process.stdout), textOf(child.process.stderr)];
  await child.closed;
  if (child.late) {
    throw new Error(`${child.name} ${args[0] ?? ''} was not done after ${Math.round(limitMs / 1000)} s`);
  }
  return { exitCode: child.process.exitCode, stdout: stdout(), stderr: stderr() };
}

/** All of it, however much it is. */
function textOf(stream: Readable | null): () => string {
  let all = '';
  stream?.on('data', (text: string) => {
    all += text;
  });
  return () => all;
}

/** The first of the named programs that PATH holds, as a full path. */
export function findOnPath(names: string[], env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  for (const name of names) {
    for (const folder of folders) {
      for (const ending of endings) {
        const file = join(folder, name + ending);
        if (isExecutable(file)) return file;
      }
    }
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
