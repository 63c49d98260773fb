import { fromDebianPackage } from '../debian/package.ts';
import { type Explanation, explainProviders, startFirstUsable } from '../first-usable.ts';
import type { Look, Provider, Session } from '../provider.ts';
import { nginxOnPath } from './on-path.ts';
import { nginxPackage } from './packaged.ts';
import type { NginxProgram } from './program.ts';

/** The command that brings an nginx to this machine. */
export const fixForNginx = (platform: NodeJS.Platform = process.platform): string =>
  (({ darwin: 'brew install nginx', win32: 'use WSL, and check again' }) as NodeJS.Dict<string>)[platform] ??
  'sudo apt-get install nginx, or the package of your distribution';

/** The ways to get an nginx, best first. */
function providers(look: Look): Provider<NginxProgram>[] {
  const unpacked = fromDebianPackage(nginxPackage, look, async ({ binary, version }) => ({
    ...binary,
    label: `${version} (Debian package)`,
  }));
  return [nginxOnPath(look), unpacked];
}

/** The first nginx program that works here. */
export function findNginx(options: Look & Session): Promise<NginxProgram> {
  return startFirstUsable({ name: 'nginx', fix: fixForNginx() }, providers(options), options);
}

/** Every provider in order, and which one a check would use. */
export const explainNginx = (look: Look): Promise<Explanation[]> => explainProviders(providers(look));
