import { existsSync, readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findOnPath } from '../../os/command.ts';
import { troubleIn } from '../../os/trouble.ts';
import type { Look } from '../provider.ts';
import { binaryVersion, type RedisBinary } from './server-process.ts';

/** The programs and packages that hold a server, the preferred one first. */
export const serverNames = ['redis-server', 'valkey-server'];

/** A server in the cache that runs here. */
export interface Unpacked {
  dir: string;
  version: string;
  binary: RedisBinary;
}

/** The newest version in the cache that runs here: the folder may come from another machine or an older system. */
export async function findUnpacked({ cacheDir, env }: Look): Promise<Unpacked | undefined> {
  if (!existsSync(cacheDir)) return undefined;
  const names = readdirSync(cacheDir).filter((name) => /^(redis|valkey)-\d/.test(name));
  names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  for (const name of names) {
    const unpacked = await inspect(join(cacheDir, name), env).catch((error) => {
      if (troubleIn(error)) throw error; // It may well run here.
      return undefined;
    });
    if (unpacked) return unpacked;
  }
  return undefined;
}

/** Finds the server in an unpacked package and makes sure that it runs here. Rejects with what it said. */
export async function inspect(dir: string, env: NodeJS.ProcessEnv): Promise<Unpacked> {
  const file = findOnPath(serverNames, { PATH: join(dir, 'usr/bin') });
  if (!file) throw new Error(`no server in ${basename(dir)}`);
  const folders = ['usr/lib', 'lib'].flatMap((lib) => [lib, ...list(join(dir, lib)).map((name) => `${lib}/${name}`)]);
  const libraries = folders.map((folder) => join(dir, folder)).filter((folder) => list(folder).some(isLibrary));
  const path = [...libraries, env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const binary = { file, env: { ...env, LD_LIBRARY_PATH: path } };
  return { dir, version: await binaryVersion(binary), binary };
}

/** Moves the finished folder to its place. Another check may have been quicker: then its folder is used. */
export async function settle(root: string, place: string, env: NodeJS.ProcessEnv): Promise<Unpacked> {
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(root, place);
    } catch (error) {
      if (!existsSync(place) || attempt === 3) throw error;
    }
    try {
      return await inspect(place, env);
    } catch (error) {
      if (troubleIn(error)) throw error;
      // What lies there does not run here. It is moved aside, not deleted in place: somebody may be reading it.
      if (existsSync(place)) renameSync(place, `${root}-replaced-${attempt}`);
    }
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // Not there, or a file.
  }
}

function isLibrary(name: string): boolean {
  return /\.so(\.|$)/.test(name);
}
