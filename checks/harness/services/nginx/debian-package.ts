import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { troubleIn } from '../../os/trouble.ts';
import { type Apt, missingAptTools, openApt } from '../apt.ts';
import type { Availability, Look, Provider, Session } from '../provider.ts';
import { forgetFailure, recentFailure, rememberFailure } from '../recent-failure.ts';
import type { NginxProgram } from './program.ts';
import { findUnpacked, inspect, settle, type UnpackedNginx } from './unpacked.ts';

const limitMs = 60_000;

/**
 * The distribution's own package on Debian, Ubuntu and WSL, unpacked into the workshop's cache: no root, nothing is
 * installed, and no server of the machine's is started. Downloaded once, about 3 MB with its libraries.
 */
export function nginxFromDebianPackage(look: Look): Provider<NginxProgram> {
  return {
    name: 'Debian package',
    insisted: false,
    async available(): Promise<Availability> {
      const unpacked = await findUnpacked(look);
      if (unpacked) return { ok: true, detail: `${unpacked.program.label} in ${relative(look.repoDir, unpacked.dir)}` };
      const why = unusable(look);
      if (why) return { ok: false, why };
      const failure = recentFailure(look.cacheDir, 'nginx');
      if (failure) return { ok: false, ...failure };
      return {
        ok: true,
        detail: 'will be downloaded once with apt-get and unpacked, up to 3 MB, nothing is installed',
      };
    },
    async start(session) {
      return ((await findUnpacked(look)) ?? (await bring(look, session))).program;
    },
  };
}

function unusable({ env }: Look): string | undefined {
  if (process.platform !== 'linux') return 'only on Debian, Ubuntu and WSL';
  const missing = missingAptTools(env);
  return missing.length > 0 ? `not on PATH: ${missing.join(', ')}` : undefined;
}

async function bring(look: Look, session: Session): Promise<UnpackedNginx> {
  const why = unusable(look) ?? recentFailure(look.cacheDir, 'nginx')?.why;
  if (why) throw new Error(why);
  mkdirSync(look.cacheDir, { recursive: true });
  // The run's folder is deleted with the run, also after a SIGKILL. It lies in the cache: renaming is atomic.
  const work = mkdtempSync(join(session.run.dir, 'apt-'));
  try {
    const unpacked = await fetchAndUnpack(look, session, work);
    forgetFailure(look.cacheDir, 'nginx');
    return unpacked;
  } catch (error) {
    if (!troubleIn(error)) rememberFailure(look.cacheDir, 'nginx', (error as Error).message);
    throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function fetchAndUnpack(look: Look, { run, onProgress }: Session, work: string): Promise<UnpackedNginx> {
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
  onProgress('downloading nginx with apt-get, once');
  const files = await downloadAll(apt, debs).catch(async () => {
    // No lists on this machine, or so old that the mirror has dropped what they name.
    onProgress('fetching package lists, a moment more');
    await apt.fetchLists().catch(() => {}); // One broken source among many does not matter; the download tells.
    return downloadAll(apt, debs);
  });
  onProgress('unpacking nginx');
  for (const file of files) await apt.unpack(file, root);
  await inspect(root, look.env); // Before anybody else sees it.
  return settle(root, join(look.cacheDir, folderName(files)), look.env);
}

async function downloadAll(apt: Apt, folder: string): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return apt.download(needed(await apt.dependencies('nginx'), await apt.installed()), folder);
}

/** The package of the program, which some releases have in nginx-core, and the libraries that this machine lacks. */
export function needed(dependencies: Map<string, string[][]>, installed: Set<string>): string[] {
  const chosen = ['nginx'];
  for (const name of chosen) {
    for (const alternatives of dependencies.get(name) ?? []) {
      const core = alternatives.includes('nginx-core');
      if (!core && alternatives.some((one) => installed.has(one))) continue;
      // Init scripts, users, modules and the like are for a server that is installed.
      const wanted = core ? 'nginx-core' : alternatives.find((one) => /^(lib(?!nginx)|zlib)/.test(one));
      if (wanted && !chosen.includes(wanted)) chosen.push(wanted);
    }
  }
  return chosen;
}

/** "nginx-1.22.1-9+deb12u11" from "nginx_1.22.1-9+deb12u11_amd64.deb". */
function folderName(files: string[]): string {
  const names = files.map((file) => decodeURIComponent(basename(file)).split('_'));
  const [, version = ''] = names.find(([name]) => name === 'nginx') ?? [];
  return `nginx-${version.replace(/^\d+:/, '')}`;
}
