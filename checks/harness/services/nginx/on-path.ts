import { delimiter } from 'node:path';
import { findOnPath } from '../../os/command.ts';
import { troubleIn } from '../../os/trouble.ts';
import type { Availability, Look, Provider } from '../provider.ts';
import { type NginxProgram, versionOf } from './program.ts';

/** Where distributions put it, and what the PATH of an ordinary user often lacks. */
const moreFolders = ['/usr/sbin', '/usr/local/sbin'];

/** An nginx that is installed here. Only its program is used: its own configuration and processes are left alone. */
export function nginxOnPath({ env }: Look): Provider<NginxProgram> {
  const folders = env.PATH ? [env.PATH, ...moreFolders] : [];
  const file = findOnPath(['nginx'], { PATH: folders.join(delimiter) });
  return {
    name: 'nginx on PATH',
    insisted: false,
    async available(): Promise<Availability> {
      if (!file) return { ok: false, why: 'nginx is not on PATH' };
      try {
        return { ok: true, detail: `${await versionOf({ file, env })} at ${file}` };
      } catch (error) {
        if (troubleIn(error)) throw error;
        return { ok: false, why: `${file} does not run: ${(error as Error).message}` };
      }
    },
    async start() {
      if (!file) throw new Error('nginx is not on PATH');
      return { file, env, label: `${await versionOf({ file, env })} (PATH)` };
    },
  };
}
