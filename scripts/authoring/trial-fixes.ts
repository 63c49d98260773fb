import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { UsageError } from '../usage-error.ts';

/** What a fix's `expect.json` says, each field if its author wants to. */
export interface TrialExpectation {
  /** Ids of the behaviours at one of which a wrong fix must fail first, or "load"; of an exam's parts, at any time. */
  behaviours?: string[];
  /** What somebody thought who wrote it. */
  idea?: string;
  /** Where the idea is from: an address. */
  source?: string;
}

/** A fix that somebody wrote who has not seen the check: files that are laid over the starter. */
export interface TrialFix {
  lesson: Lesson;
  side: 'right' | 'wrong';
  name: string;
  /** Its files. */
  files: string;
  expects: TrialExpectation;
}

/** What the check made of one. */
export interface TrialRow {
  fix: TrialFix;
  /** A right one passes; a wrong one fails, at a behaviour of its kind if it names some. */
  asItMust: boolean;
  /** "pass", or the first behaviour that failed. */
  got: string;
  /** What its author would have read. */
  said: string;
}

/**
 * The fixes in `dir`: NN-name/right/NAME/ and NN-name/wrong/NAME/.
 * @throws {UsageError} when there is none, or a folder is no lesson's.
 */
export function trialFixes(lessons: readonly Lesson[], dir: string): TrialFix[] {
  if (!existsSync(dir)) throw new UsageError(`There is no folder ${dir}.`);
  const fixes = foldersIn(dir).flatMap((folder) => {
    const lesson = lessons.find((known) => known.folder === folder);
    if (!lesson) throw new UsageError(`${join(dir, folder)} is named after no lesson. A lesson is 03-sessions.`);
    return (['right', 'wrong'] as const).flatMap((side) =>
      foldersIn(join(dir, folder, side)).map((name): TrialFix => {
        const files = join(dir, folder, side, name);
        return { lesson, side, name, files, expects: expectationIn(files) };
      }),
    );
  });
  if (fixes.length === 0)
    throw new UsageError(`${dir} holds no fix. They lie in NN-name/right/NAME/ and NN-name/wrong/NAME/.`);
  return fixes;
}

/** @param result of its check, or what was said instead of one. */
export function trialRow(fix: TrialFix, result: CheckResult | string): TrialRow {
  if (typeof result === 'string') return { fix, asItMust: false, got: 'no result', said: result };
  const parts = [
    ...result.behaviours,
    ...(result.load ? [{ id: 'load', ...result.load }] : []),
    ...result.further.behaviours,
  ];
  const failed = parts.find(({ outcome }) => outcome === 'fail');
  const undecided = parts.find(({ outcome }) => outcome === 'inconclusive');
  const wholePass =
    result.verdict === 'pass' && (result.further.behaviours.length === 0 || result.further.verdict === 'pass');
  if (fix.side === 'right') {
    const got = wholePass ? 'pass' : (failed?.id ?? `inconclusive: ${undecided?.id}`);
    return { fix, asItMust: wholePass, got, said: wholePass ? '' : sayingOf(failed ?? undecided) };
  }
  if (!failed) return { fix, asItMust: false, got: undecided ? `inconclusive: ${undecided.id}` : 'pass', said: '' };
  const { behaviours } = fix.expects;
  if (result.score) {
    // Most shops lose a point somewhere. The one that this fix must lose is named, or the whole exam is failed.
    const named = parts.find(({ id, outcome }) => outcome === 'fail' && behaviours?.includes(id));
    const asItMust = behaviours ? named !== undefined : result.verdict === 'fail';
    return {
      fix,
      asItMust,
      got: `${(named ?? failed).id}, ${result.score.points} points`,
      said: sayingOf(named ?? failed),
    };
  }
  const asItMust = behaviours === undefined || behaviours.includes(failed.id);
  return { fix, asItMust, got: failed.id, said: sayingOf(failed) };
}

function sayingOf(part: Pick<CheckResult['behaviours'][number], 'failure' | 'reason'> | undefined): string {
  if (!part?.failure) return part?.reason ?? '';
  const { expected, seen, because } = part.failure;
  return `expected ${expected}, seen ${seen}. ${because}`;
}

function expectationIn(files: string): TrialExpectation {
  const file = join(files, 'expect.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as TrialExpectation) : {};
}

function foldersIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => statSync(join(dir, name)).isDirectory())
    .sort();
}
