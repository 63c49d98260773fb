import { cacheDir, repoDir } from '../checks/harness/os/run.ts';
import { StartFailure } from '../checks/harness/os/start-failure.ts';
import { troubleIn } from '../checks/harness/os/trouble.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { didYouMean, UsageError } from './usage-error.ts';

const commands: Record<string, () => Promise<Command>> = {
  start: async () => (await import('./commands/start.ts')).command,
  lessons: async () => (await import('./commands/lessons.ts')).command,
  check: async () => (await import('./commands/check.ts')).command,
  dev: async () => (await import('./commands/dev.ts')).command,
  profile: async () => (await import('./commands/profile.ts')).command,
  heap: async () => (await import('./commands/heap.ts')).command,
  report: async () => (await import('./commands/report.ts')).command,
  load: async () => (await import('./commands/load.ts')).command,
  hint: async () => (await import('./commands/hint.ts')).command,
  diff: async () => (await import('./commands/diff.ts')).command,
  reset: async () => (await import('./commands/reset.ts')).command,
  restore: async () => (await import('./commands/restore.ts')).command,
  doctor: async () => (await import('./commands/doctor.ts')).command,
  rehearse: async () => (await import('./commands/rehearse.ts')).command,
  starters: async () => (await import('./authoring/starters.ts')).command,
  mutants: async () => (await import('./authoring/mutants.ts')).command,
  new: async () => (await import('./authoring/new-lesson.ts')).command,
  patches: async () => (await import('./authoring/patches.ts')).command,
  tables: async () => (await import('./authoring/tables.ts')).command,
  trial: async () => (await import('./authoring/trial.ts')).command,
  verify: async () => (await import('./authoring/verify.ts')).command,
  test: async () => (await import('./commands/test.ts')).command,
};

/** Runs the command that the arguments name, and turns what it throws into a message and an exit code. */
export async function main(argv: string[]): Promise<number> {
  const [name = 'start', ...rest] = argv;
  try {
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!load) throw new UsageError(`There is no command "${name}".${didYouMean(name, Object.keys(commands))}`);
    const command = await load();
    if (rest.includes('--help') || rest.includes('-h')) return help(name, command);
    return await command.run(readArguments(name, command.flags, rest));
  } catch (error) {
    const trouble = mayNotWrite(error) ?? troubleIn(error);
    if (error instanceof UsageError) console.error(error.message);
    else if (error instanceof StartFailure) console.error(`${error.message}. To fix it: ${error.fix}.`);
    else if (trouble) console.error(`The workshop can't go on: ${trouble.what}. To fix it: ${trouble.fix}.`);
    else console.error('The workshop itself failed, not your app. Please report this:\n', error);
    return 2;
  }
}

/** A folder that somebody else has cloned or installed, such as root with sudo. */
function mayNotWrite(error: unknown) {
  const { code, path } = error as NodeJS.ErrnoException;
  if ((code !== 'EACCES' && code !== 'EPERM') || !path?.startsWith(cacheDir)) return undefined;
  return { what: `you may not write to ${path}`, fix: `sudo chown -R "$(id -un)" '${repoDir}'` };
}

function help(name: string, { summary, takes, flags }: Command): number {
  const names = Object.entries(flags).map(([flag, { value }]) => `--${flag}${value ? ` ${value}` : ''}`);
  const width = Math.max(0, ...names.map((flag) => flag.length));
  console.log(`${summary}\n\n  npm run ${name}${takes ? ` ${takes}` : ''}${names.length > 0 ? ' -- [flags]' : ''}\n`);
  for (const [index, { summary: what }] of Object.values(flags).entries())
    console.log(`  ${names[index]?.padEnd(width)}  ${what}`);
  return 0;
}
