import { createInterface } from 'node:readline/promises';
import { UsageError } from '../usage-error.ts';

/**
 * Asks a question that is answered with y or n; anything but y is no.
 * @throws {UsageError} with the sentence `unasked` where nobody is there to answer.
 */
export async function confirmed(question: string, unasked: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) throw new UsageError(unasked);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const left = new AbortController();
  terminal.once('close', () => left.abort()); // Ctrl-C and Ctrl-D answer nothing.
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal: left.signal })).trim());
  } catch {
    console.log();
    return false;
  } finally {
    terminal.close();
  }
}
