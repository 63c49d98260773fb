import { parseArgs } from 'node:util';
import { didYouMean, UsageError } from './usage-error.ts';

/** A flag of a command. `value` names what follows it; without, it is on or off. */
export interface Flag {
  summary: string;
  value?: string;
}

export interface Arguments {
  /** What is not a flag: lessons. */
  names: string[];
  has(flag: string): boolean;
  valueOf(flag: string): string | undefined;
}

/**
 * Reads a command's arguments.
 * @throws {UsageError} for a flag that the command does not have, with the nearest that it has.
 */
export function readArguments(command: string, flags: Record<string, Flag>, argv: string[]): Arguments {
  for (const arg of argv) {
    const name = /^--?([^=]+)/.exec(arg)?.[1];
    if (name === undefined) continue;
    const { summary, value } = flags[name] ?? {};
    if (value && arg === `--${name}` && arg === argv.at(-1))
      throw new UsageError(`${command} ${arg} needs one thing more: ${arg} ${value} (${summary}).`);
    const times = argv.filter((other) => /^--?([^=]+)/.exec(other)?.[1] === name).length;
    if (value && times > 1)
      throw new UsageError(
        `${command} takes one --${name}, and ${times} were given${value.includes(',') ? `: --${name} ${value}` : ''}.`,
      );
    if (name in flags) continue;
    const known = Object.keys(flags).map((flag) => `--${flag}`);
    throw new UsageError(`${command} has no flag ${arg}.${didYouMean(`--${name}`, known)}`);
  }
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.value ? ('string' as const) : ('boolean' as const) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
    return {
      names: positionals,
      has: (flag) => values[flag] === true,
      valueOf: (flag) => (typeof values[flag] === 'string' ? values[flag] : undefined),
    };
  } catch (error) {
    throw new UsageError(error instanceof Error ? `${command}: ${error.message}` : String(error));
  }
}
