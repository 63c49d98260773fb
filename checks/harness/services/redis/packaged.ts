import { join } from 'node:path';
import { findOnPath } from '../../os/command.ts';
import { fromDebianPackage } from '../debian/package.ts';
import type { Packaged } from '../debian/packaged.ts';
import type { Look, RedisProvider } from '../provider.ts';
import { binaryVersion, startBinary } from './server-process.ts';

/** The programs and packages that hold a server, the preferred one first. */
export const serverNames = ['redis-server', 'valkey-server'];

/** The server, the package of its shared binaries, and the libraries of both. */
export const redisPackage: Packaged = {
  key: 'redis',
  title: 'redis-server',
  size: 'about 1.4 MB',
  packages: serverNames,
  programIn: (dir) => findOnPath(serverNames, { PATH: join(dir, 'usr/bin') }),
  versionOf: binaryVersion,
  choose(alternatives, installed, server) {
    const tools = server.replace(/-server$/, '-tools');
    if (alternatives.some((one) => installed.has(one) && one !== tools)) return undefined;
    // Init scripts, users and the like are for a server that is installed.
    return alternatives.find((one) => one === tools || /^(lib|lua)/.test(one));
  },
};

export const redisFromDebianPackage = (look: Look): RedisProvider =>
  fromDebianPackage(redisPackage, look, ({ binary, version }, { run }) =>
    startBinary(binary, `${version} (Debian package)`, run),
  );
