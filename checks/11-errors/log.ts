import { setTimeout as delay } from 'node:timers/promises';
import { excerpt, type Instance, type Stage, type Teaching } from '../harness/sdk/index.ts';

/** A line of the app's log. */
export type Line = Record<string, unknown>;

/** What an app prints from now on. */
export interface LogWatch {
  readonly app: Instance;
  readonly stdout: number;
  readonly stderr: number;
}

const writtenWithinMs = 5_000;

export function watchLog(app: Instance): LogWatch {
  return { app, stdout: app.stdout.end, stderr: app.stderr.end };
}

/** Its lines since then. @throws when one of them is no JSON object. */
export function linesOf(t: Stage, { app, stdout }: LogWatch): Line[] {
  return app.stdout.linesSince(stdout).map((text) => {
    const line = parsed(text);
    t.require(line, {
      step: 'the app’s standard output',
      expected: 'one JSON object on each line',
      seen: `“${excerpt(text, 100)}”`,
      because: 'A line that is no JSON is lost on whatever collects the log, and nobody finds it by its id.',
      lookAt: 'who prints this line: console.log, or the logger with its newline and its quotes in the right places?',
    });
    return line as Line;
  });
}

/** Everything that it has printed since then, on either stream. */
export function textOf({ app, stdout, stderr }: LogWatch): string {
  return app.stdout.since(stdout) + app.stderr.since(stderr);
}

function parsed(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

/** The line that each request must have. */
export async function requestLine(
  t: Stage,
  watch: LogWatch,
  id: string,
  what: string,
  more: Partial<Teaching> = {},
): Promise<Line> {
  return found(
    t,
    `a line with id “${id}”, a status and ms in the log, for ${what}`,
    () => linesOf(t, watch).find((line) => line.id === id && isOfRequest(line)),
    more,
  );
}

/** Whether a line is the one of a request. A line about its error may have a status, too. */
export function isOfRequest({ status, ms }: Line): boolean {
  return status !== undefined && ms !== undefined;
}

interface Missed extends Partial<Teaching> {
  seen?: string;
}

/**
 * A line with the stack of an error.
 * @param more told where there is none; a function is asked then.
 */
export async function errorLine(
  t: Stage,
  watch: LogWatch,
  what: string,
  is: (line: Line) => boolean,
  more: Missed | (() => Missed) = {},
) {
  return found(t, what, () => linesOf(t, watch).find((line) => is(line) && hasStack(line)), more);
}

/** Whether there is a line with this id and a stack, before that time is over. */
export async function hasErrorLine(t: Stage, watch: LogWatch, id: string, withinMs: number): Promise<boolean> {
  const is = () => linesOf(t, watch).some((line) => line.id === id && hasStack(line));
  for (const until = performance.now() + withinMs; !is() && performance.now() < until; ) await delay(20);
  return is();
}

/** What to tell where an error was logged in another line than it must. */
export function elsewhere(t: Stage, watch: LogWatch, could: (line: Line) => boolean = () => true): Missed {
  const line = linesOf(t, watch).findLast((one) => hasStack(one) && could(one));
  if (!line) return {};
  const plain = Object.entries(line).filter(([name, value]) => isPlain(value) && !unimportant.has(name));
  return {
    seen: `a stack in another one, ${excerpt(JSON.stringify(Object.fromEntries(plain)), 160)}`,
    because:
      'An error is in the log, and its line has another id or level than it must. Nobody finds it from the request, or somebody is called for nothing.',
    lookAt: 'which logger writes this line, with which level, and what does it call the id?',
  };
}

const unimportant = new Set(['time', 'pid', 'hostname']);
const isPlain = (value: unknown) => typeof value !== 'object' && !hasStack(value);

async function found(
  t: Stage,
  what: string,
  find: () => Line | undefined,
  teaching: Missed | (() => Missed) = {},
): Promise<Line> {
  const until = performance.now() + writtenWithinMs;
  for (;;) {
    const line = find();
    if (line) return line;
    if (performance.now() >= until) {
      const more = typeof teaching === 'function' ? teaching() : teaching;
      t.require(false, { expected: what, seen: 'none within 5 s', ...more });
    }
    await delay(20);
  }
}

/** Whether a text anywhere in it holds a stack. Node gives an error of the file system none but its first line. */
function hasStack(value: unknown): boolean {
  if (typeof value === 'string') return /\n\s+at \S|^Error: E[A-Z]+: /.test(value);
  if (Array.isArray(value)) return value.some((one) => hasStack(one) || /^\s*at \S/.test(String(one)));
  return typeof value === 'object' && value !== null && Object.values(value).some(hasStack);
}

/** Pino writes levels as numbers, others as names. */
export function isLevel({ level }: Line, name: 'error' | 'fatal'): boolean {
  const wanted = { error: [50, 'error'], fatal: [60, 'fatal'] }[name];
  return wanted.includes(typeof level === 'string' ? level.toLowerCase() : (level as number));
}

let made = 0;

/** An id that nobody has had before, for a request of ours. */
export function newId(what: string): string {
  return `${what}-${process.pid}-${++made}`;
}
