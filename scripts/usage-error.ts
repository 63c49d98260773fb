import { distance } from 'fastest-levenshtein';

/** The command was called wrongly: printed as one sentence, exit code 2, no stack. */
export class UsageError extends Error {}

/** From this length on, the beginning of a name is enough. */
const beginningLength = 3;
/** The share of a name's characters that may be wrong: "chek" for "check", "sesions" for "sessions". */
const wrongShare = 0.4;

/** "Did you mean lesson-3?", or nothing when no known name is near. */
export function didYouMean(given: string, known: readonly string[]): string {
  const near = nearest(given, known);
  return near === undefined ? '' : ` Did you mean ${near}?`;
}

function nearest(given: string, known: readonly string[]): string | undefined {
  const begun = given.length >= beginningLength ? known.find((name) => name.startsWith(given)) : undefined;
  if (begun !== undefined) return begun;
  const [best] = known
    .map((name) => ({ name, wrong: distance(given, name), length: Math.max(given.length, name.length) }))
    .filter(({ wrong, length }) => wrong <= length * wrongShare)
    .sort((one, other) => one.wrong - other.wrong);
  return best?.name;
}
