import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repoDir } from '../checks/harness/run.ts';
import { UsageError } from './usage-error.ts';

/**
 * A lesson's starter, file by file, as git names contents: "src/app.ts" → "100644 <hash>". It is committed beside the
 * lesson's check, so that the starter is found by its content, whatever has been committed since.
 */
export type StarterFiles = Record<string, string>;

const link = '120000';
const executable = '100755';

export const starterList = (folder: string): string => join(repoDir, 'checks', folder, 'starter.json');

export function readStarter(folder: string): StarterFiles {
  if (!existsSync(starterList(folder)))
    throw new UsageError(`checks/${folder}/starter.json is missing. Bring it back: git checkout -- checks/${folder}`);
  return JSON.parse(readFileSync(starterList(folder), 'utf8')) as StarterFiles;
}

/** The name that git gives to a content. */
export function blobId(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** Contents of a starter's files, from git's store of objects; every clone has them, a shallow one too. */
export function starterContents(starter: StarterFiles): Map<string, Buffer> {
  return new Map(Object.entries(starter).map(([file, entry]) => [file, blob(entry.slice(7))]));
}

/** Writes a starter into an empty folder. */
export function writeStarter(dir: string, starter: StarterFiles, contents: Map<string, Buffer>): void {
  for (const [file, content] of contents) {
    const path = join(dir, file);
    const mode = starter[file]?.slice(0, 6);
    mkdirSync(dirname(path), { recursive: true });
    if (mode === link) symlinkSync(String(content), path);
    else writeFileSync(path, content);
    if (mode === executable) chmodSync(path, 0o755);
  }
}

function blob(id: string): Buffer {
  try {
    return execFileSync('git', ['-C', repoDir, 'cat-file', 'blob', id], {
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 100_000_000,
    });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    if (code === 'ENOENT')
      throw new UsageError('The starter comes from git, which is not installed here. Nothing was changed.');
    const reason = String(stderr ?? error)
      .trim()
      .split('\n')[0];
    throw new UsageError(
      `The starter comes from git, so the workshop must be a git clone, and git says "${reason}". Nothing was changed.`,
    );
  }
}
