import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { troubleIn } from '../../os/trouble.ts';
import type { Availability, Look, Provider, Session } from '../provider.ts';
import { type Apt, missingAptTools, openApt } from './apt.ts';
import { folderPrefix, needed, type Packaged } from './packaged.ts';
import { forgetFailure, recentFailure, rememberFailure } from './recent-failure.ts';
import { findUnpacked, inspect, settle, type Unpacked } from './unpacked.ts';

const limitMs = 60_000;

/**
 * The distribution's own package on Debian, Ubuntu and WSL, unpacked into the workshop's cache: no root, nothing is
 * installed, and no server of the machine's is started. Downloaded once.
 */
export function fromDebianPackage<Server>(
  packaged: Packaged,
  look: Look,
  start: (unpacked: Unpacked, session: Session) => Promise<Server>,
): Provider<Server> {
  return {
    name: 'Debian package',
    insisted: false,
    async available(): Promise<Availability> {
      const unpacked = await findUnpacked(packaged, look);
      if (unpacked) return { ok: true, detail: `${unpacked.version} in ${relative(look.repoDir, unpacked.dir)}` };
      const why = unusable(look);
      if (why) return { ok: false, why };
      const failure = recentFailure(look.cacheDir, packaged.key);
      if (failure) return { ok: false, ...failure };
      return {
        ok: true,
        detail: `will be downloaded once with apt-get and unpacked, ${packaged.size}, nothing is installed`,
      };
    },
    async start(session) {
      return start((await findUnpacked(packaged, look)) ?? (await bring(packaged, look, session)), session);
    },
  };
}

function unusable({ env }: Look): string | undefined {
  if (process.platform !== 'linux') return 'only on Debian, Ubuntu and WSL';
  const missing = missingAptTools(env);
  return missing.length > 0 ? `not on PATH: ${missing.join(', ')}` : undefined;
}

async function bring(packaged: Packaged, look: Look, session: Session): Promise<Unpacked> {
  const why = unusable(look) ?? recentFailure(look.cacheDir, packaged.key)?.why;
  if (why) throw new Error(why);
  mkdirSync(look.cacheDir, { recursive: true });
  // The run's folder is deleted with the run, also after a SIGKILL. It lies in the cache: renaming is atomic.
  const work = mkdtempSync(join(session.run.dir, 'apt-'));
  try {
    const unpacked = await fetchAndUnpack(packaged, look, session, work);
    forgetFailure(look.cacheDir, packaged.key);
    return unpacked;
  } catch (error) {
    if (!troubleIn(error)) rememberFailure(look.cacheDir, packaged.key, (error as Error).message);
    throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function fetchAndUnpack(
  packaged: Packaged,
  look: Look,
  { run, onProgress }: Session,
  work: string,
): Promise<Unpacked> {
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
  onProgress(`downloading ${packaged.title} with apt-get, once`);
  const files = await downloadAll(packaged, apt, debs).catch(async () => {
    // No lists on this machine, or so old that the mirror has dropped what they name.
    onProgress('fetching package lists, a moment more');
    await apt.fetchLists().catch(() => {}); // One broken source among many does not matter; the download tells.
    return downloadAll(packaged, apt, debs);
  });
  onProgress(`unpacking ${packaged.title}`);
  for (const file of files) await apt.unpack(file, root);
  await inspect(packaged, root, look.env); // Before anybody else sees it.
  return settle(packaged, root, join(look.cacheDir, folderName(packaged, files)), look.env);
}

async function downloadAll(packaged: Packaged, apt: Apt, folder: string): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const installed = await apt.installed();
  let failure: unknown;
  for (const name of packaged.packages) {
    try {
      return await apt.download(needed(packaged, name, await apt.dependencies(name), installed), folder);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** "redis-7.0.15-1~deb12u7" from "redis-server_5%3a7.0.15-1~deb12u7_amd64.deb". */
function folderName({ packages }: Packaged, files: string[]): string {
  const names = files.map((file) => decodeURIComponent(basename(file)).split('_'));
  const [name = '', version = ''] = names.find(([one]) => packages.includes(one ?? '')) ?? [];
  return `${folderPrefix(name)}-${version.replace(/^\d+:/, '')}`;
}
