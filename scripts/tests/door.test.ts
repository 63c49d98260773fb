import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repoDir } from '../../checks/harness/os/run.ts';

// The door in a workshop of two packages, which are there as far as each test says.
let dir: string;
const doorFiles = ['door.cjs', 'workshop.js', 'installed.js'];
const { platform, arch } = process;
const pinnedNode = `node-${platform}-${arch}`;
const binding = `@rolldown/binding-${platform}-${arch}-gnu`;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'encore dör-'));
  for (const file of doorFiles) cpSync(join(repoDir, 'scripts', file), join(dir, 'scripts', file));
  write(
    'scripts/cli.ts',
    "export const main = async (args: string[]) => { console.log('inside', ...args); return 3; };\n",
  );
  write('package.json', {
    type: 'module',
    dependencies: { express: '5.3.0' },
    devDependencies: { vitest: '5.1.1' },
    optionalDependencies: { [pinnedNode]: '26.10.0' },
  });
  write('package-lock.json', {
    packages: {
      '': {},
      'node_modules/express': {},
      'node_modules/express/node_modules/debug': {},
      'node_modules/vitest': { dev: true },
      [`node_modules/${binding}`]: { optional: true, os: [platform], cpu: [arch], libc: ['glibc'] },
      [`node_modules/${binding.replace('gnu', 'musl')}`]: {
        optional: true,
        os: [platform],
        cpu: [arch],
        libc: ['musl'],
      },
      'node_modules/@rolldown/binding-elsewhere': { optional: true, os: ['elsewhere'], cpu: [arch] },
      'node_modules/fsevents': { optional: true, os: ['elsewhere'] },
    },
  });
  write('node_modules/.package-lock.json', {});
  write('node_modules/express/package.json', { version: '5.3.0' });
  write('node_modules/express/node_modules/debug/package.json', { version: '4.0.0' });
  write('node_modules/vitest/package.json', { version: '5.1.1' });
  write(`node_modules/${binding}/package.json`, { version: '1.0.0' });
  bringNode();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(file: string, content: object | string): void {
  mkdirSync(dirname(join(dir, file)), { recursive: true });
  writeFileSync(join(dir, file), typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o755 });
}

function remove(path: string): void {
  rmSync(join(dir, path), { recursive: true });
}

/** The pinned Node is the one that runs these tests. */
function bringNode(): void {
  mkdirSync(join(dir, 'node_modules', pinnedNode, 'bin'), { recursive: true });
  symlinkSync(process.execPath, join(dir, 'node_modules', pinnedNode, 'bin/node'));
}

/** Opens the door with this Node, which calls itself by another version if one is given. */
function open(calledNode?: string, more = '') {
  const other = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${calledNode}' } })`;
  const code = `${calledNode ? other : ''};${more}`;
  const preload = calledNode || more ? ['--import', `data:text/javascript,${encodeURIComponent(code)}`] : [];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...preload, join(dir, 'scripts/door.cjs'), 'check', '1'],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

const refused = (sentence: string) => ({ status: 2, stdout: '', stderr: `${sentence}\n` });
const inside = { status: 3, stdout: 'inside check 1\n', stderr: '' };

describe('the door', () => {
  it('opens where all is installed, and ends as the command ends', () => {
    expect(open()).toEqual(inside);
  });

  it.skipIf(platform === 'win32')('says that Node can do nothing below a folder with a backslash in its name', () => {
    const moved = join(dir, '..', `encore\\${Date.now()}`);
    renameSync(dir, moved);
    dir = moved;
    expect(open()).toEqual(
      refused(
        `Node can't import modules below a folder with a backslash in its name, and this one is ${moved}. Rename that folder or move this one, then run the same command again.`,
      ),
    );
  });

  it('is the one that npm runs', () => {
    const { scripts } = JSON.parse(readFileSync(join(repoDir, 'package.json'), 'utf8'));
    const others = Object.entries(scripts).filter(([name, line]) => line !== `node scripts/door.cjs ${name}`);
    expect(others.map(([name]) => name)).toEqual(['typecheck', 'lint', 'format']);
  });

  it('reads in old syntax', () => {
    for (const file of doorFiles)
      expect(readFileSync(join(repoDir, 'scripts', file), 'utf8')).not.toMatch(
        /\?\?|\?\.[\w[(]|\|\|=|&&=|\.at\(|\.flat|hasOwn\(|^\s*(const .* = )?await |\d_\d/m,
      );
  });
});

describe('packages that are missing are said in a sentence, before anything is imported', () => {
  it('all of them', () => {
    remove('node_modules');
    expect(open()).toEqual(refused('The packages are not installed yet. Run: npm install'));
  });

  it('those that NODE_ENV=production leaves out, where an npm did not read .npmrc', () => {
    remove('node_modules/vitest');
    expect(open()).toEqual(refused('vitest is missing in node_modules. Run: npm install'));
  });

  it('one that another package needs', () => {
    remove('node_modules/express/node_modules/debug');
    expect(open()).toEqual(refused('express/node_modules/debug is missing in node_modules. Run: npm install'));
  });

  it('the rest of an install that was killed', () => {
    remove('node_modules/.package-lock.json');
    expect(open()).toEqual(
      refused('The packages are there in part: an install did not come to its end. Run it again: npm install'),
    );
  });

  it('a newer version, after a git pull', () => {
    write('node_modules/vitest/package.json', { version: '4.9.0' });
    expect(open()).toEqual(
      refused(
        'The workshop has changed since the last install: it needs vitest 5.1.1, and 4.9.0 is installed. Run: npm install',
      ),
    );
  });

  it('those of Yarn’s Plug’n’Play, which has no node_modules', () => {
    remove('node_modules');
    write('.pnp.cjs', '');
    expect(open().stderr).toBe(
      'Yarn has installed the packages without a node_modules folder, which the workshop needs. Run: npm install\n',
    );
  });

  it.skipIf(platform !== 'linux')('the binding that npm leaves out when it runs with an old Node', () => {
    remove(`node_modules/${binding}`);
    expect(open()).toEqual(
      refused(
        `${binding} is missing in node_modules: npm leaves it out when it runs with Node 20.18 or older. Run: PATH="$PWD/node_modules/${pinnedNode}/bin:$PATH" npm install`,
      ),
    );
  });

  it.each(['.modules.yaml', '.yarn-integrity', '.yarn-state.yml'])(
    'none of them where another package manager has put them elsewhere: %s',
    (mark) => {
      remove('node_modules/.package-lock.json');
      remove('node_modules/express/node_modules');
      remove(`node_modules/${binding}`);
      write(`node_modules/${mark}`, '');
      expect(open()).toEqual(inside);
    },
  );
});

describe.skipIf(platform === 'win32')('without the pinned Node', () => {
  it.each(['22.18.0', '24.1.0', '26.10.0'])('Node %s on the PATH takes its place', (version) => {
    remove(`node_modules/${pinnedNode}`);
    expect(open(version)).toEqual(inside);
  });

  it.each(['18.20.8', '20.20.2', '22.17.1'])('Node %s says which is needed, and the command', (version) => {
    remove(`node_modules/${pinnedNode}`);
    expect(open(version)).toEqual(
      refused(
        `This is Node ${version}; the workshop needs 22.18 or newer, and the one that it brings, ${pinnedNode}, is not installed. Run: npm install`,
      ),
    );
  });

  it('a machine for which there is none is named', () => {
    write('package.json', { type: 'module', optionalDependencies: { 'node-elsewhere': '26.10.0' } });
    write('package-lock.json', { packages: {} });
    expect(open('20.20.2')).toEqual(
      refused(
        `This is Node 20.20.2; the workshop needs 22.18 or newer, and it brings none for ${platform} ${arch}. Install Node 24 or newer from nodejs.org, then run: npm install`,
      ),
    );
    expect(open('24.1.0')).toEqual(inside);
  });

  it('that does not start here, such as one for another C library, the one on the PATH takes its place', () => {
    remove(`node_modules/${pinnedNode}`);
    write(`node_modules/${pinnedNode}/bin/node`, '#!/lib/ld-of-another-system\n');
    expect(open()).toEqual(inside);
    expect(open('20.20.2').stderr).toMatch(
      /^This is Node 20\.20\.2; the workshop needs 22\.18 or newer, and the one that it brings does not start here \(spawn .* ENOENT\)\. Install Node 24 or newer from nodejs\.org\.\n$/,
    );
  });

  it('that the system’s loader refuses, the one on the PATH takes its place', () => {
    remove(`node_modules/${pinnedNode}`);
    write(`node_modules/${pinnedNode}/bin/node`, '#!/bin/sh\nexit 127\n');
    expect(open()).toEqual(inside);
    expect(open('20.20.2')).toEqual(
      refused(
        'This is Node 20.20.2; the workshop needs 22.18 or newer, and the one that it brings does not start here (exit code 127). Install Node 24 or newer from nodejs.org.',
      ),
    );
  });

  it.runIf(platform === 'linux')('on a system without glibc, the one that needs it is not even tried', () => {
    remove(`node_modules/${pinnedNode}`);
    write(`node_modules/${pinnedNode}/bin/node`, '#!/bin/sh\necho Error relocating >&2\nexit 127\n');
    const musl = 'process.report.getReport = () => ({ header: {} })';
    expect(open(undefined, musl)).toEqual(inside);
    expect(open('20.20.2', musl)).toEqual(
      refused(
        'This is Node 20.20.2; the workshop needs 22.18 or newer, and the one that it brings needs glibc, which this system lacks. Install Node 24 or newer for it.',
      ),
    );
  });
});
