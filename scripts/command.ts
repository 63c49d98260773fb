import type { Arguments, Flag } from './arguments.ts';

/** A command behind `npm run NAME`. */
export interface Command {
  summary: string;
  /** What follows the name: "lesson-N". */
  takes: string;
  flags: Record<string, Flag>;
  /** @returns the exit code: 0 pass, 1 fail, 2 inconclusive or called wrongly. */
  run(args: Arguments): Promise<number>;
}
