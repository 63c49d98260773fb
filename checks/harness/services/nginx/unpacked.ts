import { existsSync, readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { troubleIn } from '../../os/trouble.ts';
import type { Look } from '../provider.ts';
import { type NginxProgram, versionOf } from './program.ts';

/** An nginx in the cache that runs here. */
export interface UnpackedNginx {
  dir: string;
  program: NginxProgram;
}

/** The newest one in the cache that runs here: the folder may come from another machine or an older system. */
export async function findUnpacked({ cacheDir, env }: Look): Promise<UnpackedNginx | undefined> {
  const names = list(cacheDir).filter((name) => /^nginx-\d/.test(name));
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

/** Finds the program in an unpacked package and makes sure that it runs here. Rejects with what it said. */
export async function inspect(dir: string, env: NodeJS.ProcessEnv): Promise<UnpackedNginx> {
  const file = join(dir, 'usr/sbin/nginx');
  if (!existsSync(file)) throw new Error(`no nginx in ${basename(dir)}`);
  const folders = ['usr/lib', 'lib'].flatMap((lib) => [lib, ...list(join(dir, lib)).map((name) => `${lib}/${name}`)]);
  const libraries = folders.map((folder) => join(dir, folder)).filter((folder) => list(folder).some(isLibrary));
  const found = [...libraries, env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const ofProgram = found ? { ...env, LD_LIBRARY_PATH: found } : env;
  const version = await versionOf({ file, env: ofProgram });
  return { dir, program: { file, env: ofProgram, label: `${version} (Debian package)` } };
}

/** Moves the finished folder to its place. Another check may have been quicker: then its folder is used. */
export async function settle(root: string, place: string, env: NodeJS.ProcessEnv): Promise<UnpackedNginx> {
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
