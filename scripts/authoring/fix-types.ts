import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { cacheDir, repoDir } from '../../checks/harness/os/run.ts';
import { type Subject, subjectsOf } from './subjects.ts';

const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc');

/**
 * Type-checks wrong turns and other ways. Most are no programs by themselves, so each is laid over its base, and all are
 * checked at once, which takes a few seconds.
 * @returns what does not agree with `typeErrors` of an expect.json, a line each.
 */
export async function surprisesInTypes(lessons: Lesson[]): Promise<string[]> {
  mkdirSync(cacheDir, { recursive: true });
  const dir = mkdtempSync(join(cacheDir, 'types-')); // In here packages are found, and tsconfig.json.
  try {
    const fixes = lessons.flatMap((lesson) =>
      subjectsOf(lesson, dir)
        .filter(({ role }) => role === 'wrong-turn' || role === 'other-way')
        .map((subject) => ({ subject, place: `${lesson.folder}/${subject.role}s/${subject.name}/` })),
    );
    const errors = await typeErrorsIn(dir);
    return fixes.flatMap(({ subject, place }) => surprisesOf(subject, place, errors));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface TypeError {
  /** From `NN-name/` on, with slashes. */
  file: string;
  code: string;
  line: string;
}

async function typeErrorsIn(dir: string): Promise<TypeError[]> {
  const config = { extends: join(repoDir, 'tsconfig.json'), include: ['*/*/*/src', '*/*/*/migrations'], exclude: [] };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
  const output = await promisify(execFile)(process.execPath, [tsc, '--pretty', 'false'], {
    cwd: dir,
    maxBuffer: 64_000_000,
  }).then(
    ({ stdout }) => stdout,
    (error: { code?: unknown; stdout?: string; message: string }) => {
      // It exits with 1 or 2 when it finds errors.
      if (typeof error.code === 'number' && error.stdout) return error.stdout;
      throw new Error(`tsc did not run: ${error.message}`);
    },
  );
  return readTypeErrors(output);
}

/** The errors in what tsc prints; lines that only explain the one before are left out. */
export function readTypeErrors(output: string): TypeError[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const [, file = '', code = ''] = /^([^(\s][^(]*)\(\d+,\d+\): error (TS\d+): /.exec(line) ?? [];
    return code ? [{ file: file.replaceAll('\\', '/'), code, line: line.replaceAll('\\', '/') }] : [];
  });
}

export function surprisesOf(subject: Subject, place: string, errors: TypeError[]): string[] {
  const listed = (subject.role === 'wrong-turn' && subject.expects.typeErrors) || [];
  const found = errors.filter(({ file }) => file.startsWith(place));
  return [
    ...found.filter(({ code }) => !listed.includes(code)).map(({ line }) => line),
    ...listed
      .filter((code) => !found.some((error) => error.code === code))
      .map((code) => `${place}expect.json: ${code} is listed, and there is no such error`),
  ];
}
