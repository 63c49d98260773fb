import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TestContext } from 'vitest';
import { Child } from '../../harness/os/child.ts';
import { findOnPath } from '../../harness/os/command.ts';
import { cacheDir, type Run, repoDir } from '../../harness/os/run.ts';
import type { Binary } from '../../harness/services/debian/packaged.ts';
import { findUnpacked } from '../../harness/services/debian/unpacked.ts';
import type { Look, RedisServer, Session } from '../../harness/services/provider.ts';
import { redisFromDebianPackage, redisPackage, serverNames } from '../../harness/services/redis/packaged.ts';
import { startBinary } from '../../harness/services/redis/server-process.ts';
import { redisStandIn } from '../../harness/services/redis/stand-in.ts';

/** A run without a reaper. Whatever was registered and still lives at its end is a leak, and is ended. */
export interface FakeRun extends Run, AsyncDisposable {
  readonly children: ChildProcess[];
  /** For `startRedis`: the cache is the run's own folder, and no REDIS_URL or DATABASE_URL is set. */
  options(env?: NodeJS.ProcessEnv): Look & Session;
  /** What was told while starting. */
  readonly progress: string[];
}

/** Opens a fake run with a folder of its own inside the workshop's cache, so that renaming stays on one file system. */
export function fakeRun(inside = cacheDir): FakeRun {
  mkdirSync(inside, { recursive: true });
  const dir = mkdtempSync(join(inside, 'test-'));
  const id = basename(dir);
  const children: ChildProcess[] = [];
  const folders: string[] = [];
  const progress: string[] = [];
  const adopt: Run['adopt'] = (child) => void children.push(child);
  const run: FakeRun = {
    id,
    dir,
    env: { ENCORE_RUN: id },
    children,
    progress,
    adopt,
    spawn: (file, args, { env, ...options }) =>
      Child.start(file, args, { ...options, env: { ...env, ENCORE_RUN: id } }, adopt),
    deleteToo: (folder) => folders.push(folder),
    options: (env = {}) => ({
      run,
      cacheDir: dir,
      repoDir,
      env: { ...withoutUrls(), ...env },
      onProgress: (text) => progress.push(text),
    }),
    async [Symbol.asyncDispose]() {
      for (const child of children) if (isAlive(child)) child.kill('SIGKILL');
      for (const folder of [...folders, dir]) rmSync(folder, { recursive: true, force: true });
    },
  };
  return run;
}

/** The children of a run that still live. */
export function survivors(run: FakeRun): ChildProcess[] {
  return run.children.filter(isAlive);
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function withoutUrls(): NodeJS.ProcessEnv {
  const { REDIS_URL: _, DATABASE_URL: __, ...rest } = process.env;
  return rest;
}

/** The binary of a real server: unpacked in the workshop's cache, or installed. Without one the test is skipped. */
export async function realBinary(context: TestContext, run: FakeRun): Promise<Binary> {
  const unpacked = await bringOnce(run);
  if (unpacked) return unpacked;
  context.skip('no real Redis can be had on this machine');
  throw new Error('unreachable');
}

/** A private server that plays the user's Redis: a real one where there is one, else the stand-in. */
export async function privateServer(run: FakeRun): Promise<RedisServer & AsyncDisposable> {
  const binary = await bringOnce(run);
  const server = binary ? await startBinary(binary, 'private', run) : await redisStandIn().start(run.options());
  return { ...server, [Symbol.asyncDispose]: () => server.stop() };
}

async function bringOnce(run: FakeRun): Promise<Binary | undefined> {
  const options = { ...run.options(), cacheDir };
  const found = await findUnpacked(redisPackage, options);
  if (found) return found.binary;
  const package_ = redisFromDebianPackage(options);
  if ((await package_.available()).ok) {
    const server = await package_.start(options).catch(() => undefined);
    await server?.stop();
    if (server) return (await findUnpacked(redisPackage, options))?.binary;
  }
  const file = findOnPath(serverNames, options.env);
  return file ? { file, env: options.env } : undefined;
}
