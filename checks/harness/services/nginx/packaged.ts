import { join } from 'node:path';
import { findOnPath } from '../../os/command.ts';
import type { Packaged } from '../debian/packaged.ts';
import { versionOf } from './program.ts';

/** The program, which some releases have in nginx-core, and its libraries. */
export const nginxPackage: Packaged = {
  key: 'nginx',
  title: 'nginx',
  size: 'up to 3 MB',
  packages: ['nginx'],
  programIn: (dir) => findOnPath(['nginx'], { PATH: join(dir, 'usr/sbin') }),
  versionOf,
  choose(alternatives, installed) {
    if (alternatives.includes('nginx-core')) return 'nginx-core';
    if (alternatives.some((one) => installed.has(one))) return undefined;
    // Init scripts, users, modules and the like are for a server that is installed.
    return alternatives.find((one) => /^(lib(?!nginx)|zlib)/.test(one));
  },
};
