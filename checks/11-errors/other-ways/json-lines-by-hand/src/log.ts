import { writeSync } from 'node:fs';
import { requestId } from './context.ts';

type Level = 'info' | 'error' | 'fatal';

/** One line. JSON.stringify escapes every line feed, so nobody can write a second one. */
export function log(level: Level, fields: Record<string, unknown>, error?: unknown): void {
  const line = {
    time: new Date().toISOString(),
    level,
    id: requestId.getStore(),
    ...fields,
    ...(error ? told(error) : {}),
  };
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function told(error: unknown) {
  if (!(error instanceof Error)) return { error: 'something that is no error was thrown' };
  const cause = error.cause instanceof Error ? { cause: error.cause.stack } : {};
  return { error: error.message, stack: error.stack, ...cause };
}
