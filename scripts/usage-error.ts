import { closest } from 'fastest-levenshtein';

/** The command was called wrongly: printed as one sentence, exit code 2, no stack. */
export class UsageError extends Error {}

/** "Did you mean lesson-3?", or nothing when no known name is near. */
export function didYouMean(given: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  return ` Did you mean ${closest(given, [...known])}?`;
}
