import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Text of a file in the app's folder, or undefined when there is none. */
export function answerSheet(subjectDir: string, path: string): string | undefined {
  const file = join(subjectDir, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Names of the files in a folder of the app's. */
export function answerSheetsIn(subjectDir: string, folder: string): string[] {
  const dir = join(subjectDir, folder);
  return existsSync(dir) ? readdirSync(dir).sort() : [];
}
