import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openToOthers } from '../../checks/harness/services/postgres/server-user.ts';
import { copyWorkshop, learnersEnv } from './workshop-copy.ts';

const asRoot = process.getuid?.() === 0;

it.skipIf(process.platform === 'win32' || (asRoot && !openToOthers(process.execPath)))(
  'a folder that belongs to somebody else is said in a sentence, with the command',
  () => {
    using copy = copyWorkshop();
    mkdirSync(copy.path('.workshop'), { recursive: true });
    for (const [folder, mode] of [
      [copy.dir, 0o755],
      [copy.path('.workshop'), 0o555],
    ] as const)
      chmodSync(folder, mode);
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(copy.dir, 'scripts/workshop.js'), 'check', '1', '--no-load'],
      { encoding: 'utf8', env: learnersEnv(), ...(asRoot ? { uid: 65534, gid: 65534 } : {}) }, // Root may write anywhere.
    );
    chmodSync(copy.path('.workshop'), 0o755);
    expect(stderr).toBe(
      `The workshop can't go on: you may not write to ${copy.path('.workshop/runs')}. To fix it: sudo chown -R "$(id -un)" '${copy.dir}'.\n`,
    );
    expect(status).toBe(2);
  },
);
