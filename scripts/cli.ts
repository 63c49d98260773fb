import { type Flag, readArguments } from './arguments.ts';
import { didYouMean, UsageError } from './usage-error.ts';

/** A command behind `npm run NAME`. */
export interface Command {
  summary: string;
  /** What follows the name: "lesson-N". */
  takes: string;
  flags: Record<string, Flag>;
  /** @returns the exit code: 0 pass, 1 fail, 2 inconclusive or called wrongly. */
  run(args: ReturnType<typeof readArguments>): Promise<number>;
}

const commands: Record<string, () => Promise<Command>> = {
  start: async () => (await import('./start.ts')).command,
  lessons: async () => (await import('./lessons.ts')).command,
  check: async () => (await import('./check.ts')).command,
  dev: async () => (await import('./dev.ts')).command,
  profile: async () => (await import('./profile.ts')).command,
  report: async () => (await import('./report.ts')).command,
  load: async () => (await import('./load.ts')).command,
  hint: async () => (await import('./hint.ts')).command,
  diff: async () => (await import('./diff.ts')).command,
  reset: async () => (await import('./reset.ts')).command,
  restore: async () => (await import('./restore.ts')).command,
  doctor: async () => (await import('./doctor.ts')).command,
  rehearse: async () => (await import('./rehearse.ts')).command,
  starters: async () => (await import('./starters.ts')).command,
  patches: async () => (await import('./patches.ts')).command,
  verify: async () => (await import('./verify.ts')).command,
  test: async () => (await import('./test.ts')).command,
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
    if (error instanceof UsageError) console.error(error.message);
    else console.error('The workshop itself failed, not your app. Please report this:\n', error);
    return 2;
  }
}

function help(name: string, { summary, takes, flags }: Command): number {
  const names = Object.entries(flags).map(([flag, { value }]) => `--${flag}${value ? ` ${value}` : ''}`);
  const width = Math.max(0, ...names.map((flag) => flag.length));
  console.log(`${summary}\n\n  npm run ${name}${takes ? ` ${takes}` : ''}${names.length > 0 ? ' -- [flags]' : ''}\n`);
  for (const [index, { summary: what }] of Object.values(flags).entries())
    console.log(`  ${names[index]?.padEnd(width)}  ${what}`);
  return 0;
}
