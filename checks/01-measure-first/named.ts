import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { repoDir, type Stage } from '../harness/sdk/index.ts';

/** The function on top of the starter's profile. A test of the harness profiles the starter and holds it against this. */
export const culprit = 'formatPrice';

/** The starter's functions on the way to it, from the route on. */
const callers = ['createApp', 'listEvents', 'listingOf', 'priceTags'];

const sheet = 'src/hottest.ts';
const profileIt = 'npm run profile lesson-1: which function has the longest bar?';

/** Compares the name that the learner wrote down with the one that the profile of the starter blames. */
export function mustNameTheCulprit(t: Stage): void {
  const given = nameIn(t.answerSheet(sheet));
  const step = `the name in ${sheet}`;
  t.require(given !== undefined, {
    step,
    expected: `export const hottest = '…' in ${sheet}`,
    seen: 'nothing of that kind',
    because: 'The check reads the name from that line, and from no other form of it.',
    lookAt: `${sheet}: the line that the starter has, with the name between the quotes`,
  });
  t.require(given !== '', {
    step,
    expected: 'the name of a function',
    seen: 'an empty text',
    because: 'Nobody has measured yet. Without a measurement you change what looks slow, and that seldom is the cause.',
    lookAt: profileIt,
  });
  const name = bare(given as string);
  if (name === culprit) return;
  const known = starterFunctions().includes(name);
  t.require(false, {
    step,
    expected: 'the function with the most self time in the profile of the starter',
    seen: `"${given}"`,
    because: /NumberFormat|^format$/.test(name)
      ? 'That is a part of JavaScript and is not yours to fix. A function of this app calls it too often.'
      : callers.includes(name)
        ? `${name} calls the function that takes the time, directly or through others. Its own lines take next to none: self time leaves out what a function calls.`
        : known
          ? `${name} looks as if it could be slow. In the profile it has next to no self time: fixing it would gain nothing.`
          : `The starter has no function with the name ${name}. Write it as the profile does, without file and line.`,
    lookAt: profileIt,
  });
}

/** The text that the answer sheet exports, whatever else stands in the file. */
function nameIn(source: string | undefined): string | undefined {
  const code = source?.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');
  return /\bhottest\b[^='"`]*=\s*(['"`])(.*?)\1/.exec(code ?? '')?.[2]?.trim();
}

/** "prices.formatPrice()", "function formatPrice" and "formatPrice src/prices.ts:21" mean formatPrice. */
function bare(given: string): string {
  return (
    given
      .replace(/^(async |function |new )+/, '')
      .split(/[\s(]/)[0]
      ?.replace(/^.*[.#]/, '')
      .trim() ?? ''
  );
}

/** Names of the starter's functions, to tell a wrong guess from a slip of the pen. */
function starterFunctions(): string[] {
  const dir = join(repoDir, 'checks', '01-measure-first', 'starter', 'src');
  return readdirSync(dir).flatMap((file) => {
    const code = stripTypeScriptTypes(readFileSync(join(dir, file), 'utf8'));
    return [...code.matchAll(/\bfunction (\w+)|^ {4}(\w+)\(.*\{$/gm)].map((match) => match[1] ?? match[2] ?? '');
  });
}
