import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CheckResult } from '../checks/harness/result.ts';
import { cacheDir } from '../checks/harness/run.ts';
import type { Verdict } from '../checks/harness/verdict.ts';

/** The last verdict on each lesson's app of the learner, by folder. */
export type ProgressFile = Record<string, { verdict: Verdict; at: string; held: number; behaviours: number }>;

const file = join(cacheDir, 'progress.json');

/** What is known so far; nothing when the file is missing or unreadable. */
export function readProgress(): ProgressFile {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProgressFile;
  } catch {
    return {};
  }
}

/** Remembers a verdict. Written whole or not at all. */
export function rememberVerdict({ lesson, verdict, behaviours }: CheckResult): void {
  const held = behaviours.filter((behaviour) => behaviour.outcome === 'pass').length;
  const progress = {
    ...readProgress(),
    [lesson]: { verdict, at: new Date().toISOString(), held, behaviours: behaviours.length },
  };
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(progress, null, 2)}\n`);
  renameSync(temporary, file);
}
