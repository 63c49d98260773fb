import { existsSync, readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { troubleIn } from '../../os/trouble.ts';
import type { Look } from '../provider.ts';
import { type Binary, folderPrefix, type Packaged } from './packaged.ts';

/** A program in the cache that runs here. */
export interface Unpacked {
  dir: string;
  version: string;
  binary: Binary;
}

/** The newest version in the cache that runs here: the folder may come from another machine or an older system. */
export async function findUnpacked(packaged: Packaged, { cacheDir, env }: Look): Promise<Unpacked | undefined> {
  const prefixes = packaged.packages.map((name) => `${folderPrefix(name)}-`);
  const isOurs = (name: string) =>
    prefixes.some((prefix) => name.startsWith(prefix) && /^\d/.test(name.slice(prefix.length)));
  const names = list(cacheDir).filter(isOurs);
  names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  for (const name of names) {
    const unpacked = await inspect(packaged, join(cacheDir, name), env).catch((error) => {
      if (troubleIn(error)) throw error; // It may well run here.
      return undefined;
    });
    if (unpacked) return unpacked;
  }
  return undefined;
}

/** Finds the program in an unpacked package and makes sure that it runs here. Rejects with what it said. */
export async function inspect(
  { title, programIn, versionOf }: Packaged,
  dir: string,
  env: NodeJS.ProcessEnv,
): Promise<Unpacked> {
  const file = programIn(dir);
  if (!file) throw new Error(`no ${title} in ${basename(dir)}`);
  const folders = ['usr/lib', 'lib'].flatMap((lib) => [lib, ...list(join(dir, lib)).map((name) => `${lib}/${name}`)]);
  const libraries = folders.map((folder) => join(dir, folder)).filter((folder) => list(folder).some(isLibrary));
  const found = [...libraries, env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  // An empty one would mean the current folder.
  const binary = { file, env: found ? { ...env, LD_LIBRARY_PATH: found } : env };
  return { dir, version: await versionOf(binary), binary };
}

/** Moves the finished folder to its place. Another check may have been quicker: then its folder is used. */
export async function settle(
  packaged: Packaged,
  root: string,
  place: string,
  env: NodeJS.ProcessEnv,
): Promise<Unpacked> {
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(root, place);
    } catch (error) {
      if (!existsSync(place) || attempt === 3) throw error;
    }
    try {
      return await inspect(packaged, place, env);
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
