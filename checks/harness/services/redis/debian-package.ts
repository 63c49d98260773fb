import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { troubleIn } from '../../os/trouble.ts';
import { type Apt, missingAptTools, openApt } from '../apt.ts';
import type { Availability, Look, RedisProvider, Session } from '../provider.ts';
import { forgetFailure, recentFailure, rememberFailure } from '../recent-failure.ts';
import { startBinary } from './server-process.ts';
import { findUnpacked, inspect, serverNames, settle, type Unpacked } from './unpacked.ts';

const limitMs = 60_000;

/**
 * The distribution's own package on Debian, Ubuntu and WSL, unpacked into the workshop's cache: no root, nothing is
 * installed. Downloaded once, about 1.4 MB.
 */
export function redisFromDebianPackage(look: Look): RedisProvider {
  return {
    name: 'Debian package',
    insisted: false,
    async available(): Promise<Availability> {
      const unpacked = await findUnpacked(look);
      if (unpacked) return { ok: true, detail: `${unpacked.version} in ${relative(look.repoDir, unpacked.dir)}` };
      const why = unusable(look);
      if (why) return { ok: false, why };
      const failure = recentFailure(look.cacheDir, 'redis');
      if (failure) return { ok: false, ...failure };
      return {
        ok: true,
        detail: 'will be downloaded once with apt-get and unpacked, about 1.4 MB, nothing is installed',
      };
    },
    async start(session) {
      const found = (await findUnpacked(look)) ?? (await bring(look, session));
      return startBinary(found.binary, `${found.version} (Debian package)`, session.run);
    },
  };
}

function unusable({ env }: Look): string | undefined {
  if (process.platform !== 'linux') return 'only on Debian, Ubuntu and WSL';
  const missing = missingAptTools(env);
  return missing.length > 0 ? `not on PATH: ${missing.join(', ')}` : undefined;
}

async function bring(look: Look, session: Session): Promise<Unpacked> {
  const why = unusable(look) ?? recentFailure(look.cacheDir, 'redis')?.why;
  if (why) throw new Error(why);
  mkdirSync(look.cacheDir, { recursive: true });
  // The run's folder is deleted with the run, also after a SIGKILL. It lies in the cache: renaming is atomic.
  const work = mkdtempSync(join(session.run.dir, 'apt-'));
  try {
    const unpacked = await fetchAndUnpack(look, session, work);
    forgetFailure(look.cacheDir, 'redis');
    return unpacked;
  } catch (error) {
    if (!troubleIn(error)) rememberFailure(look.cacheDir, 'redis', (error as Error).message);
    throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function fetchAndUnpack(look: Look, { run, onProgress }: Session, work: string): Promise<Unpacked> {
  const deadline = performance.now() + limitMs;
  const leftMs = () => {
    const left = deadline - performance.now();
    if (left < 1) throw new Error(`apt was not done after ${limitMs / 1000} s`);
    return left;
  };
  const apt = await openApt({ env: look.env, run, dir: work, leftMs });
  const debs = join(work, 'debs');
  const root = join(work, 'root');
  mkdirSync(root);
  onProgress('downloading redis-server with apt-get, once');
  const files = await downloadAll(apt, debs).catch(async () => {
    // No lists on this machine, or so old that the mirror has dropped what they name.
    onProgress('fetching package lists, a moment more');
    await apt.fetchLists().catch(() => {}); // One broken source among many does not matter; the download tells.
    return downloadAll(apt, debs);
  });
  onProgress('unpacking redis-server');
  for (const file of files) await apt.unpack(file, root);
  await inspect(root, look.env); // Before anybody else sees it.
  return settle(root, join(look.cacheDir, folderName(files)), look.env);
}

async function downloadAll(apt: Apt, folder: string): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const installed = await apt.installed();
  let failure: unknown;
  for (const server of serverNames) {
    try {
      return await apt.download(needed(server, await apt.dependencies(server), installed), folder);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** The server, the package of its shared binaries, and the libraries of both that this machine lacks. */
export function needed(server: string, dependencies: Map<string, string[][]>, installed: Set<string>): string[] {
  const tools = server.replace(/-server$/, '-tools');
  const chosen = [server];
  for (const name of chosen) {
    for (const alternatives of dependencies.get(name) ?? []) {
      if (alternatives.some((one) => installed.has(one) && one !== tools)) continue;
      // Init scripts, users and the like are for a server that is installed.
      const wanted = alternatives.find((one) => one === tools || /^(lib|lua)/.test(one));
      if (wanted && !chosen.includes(wanted)) chosen.push(wanted);
    }
  }
  return chosen;
}

/** "redis-7.0.15-1~deb12u7" from "redis-server_5%3a7.0.15-1~deb12u7_amd64.deb". */
function folderName(files: string[]): string {
  const names = files.map((file) => decodeURIComponent(basename(file)).split('_'));
  const [name = '', version = ''] = names.find(([one]) => serverNames.includes(one ?? '')) ?? [];
  return `${name.replace('-server', '')}-${version.replace(/^\d+:/, '')}`;
}
