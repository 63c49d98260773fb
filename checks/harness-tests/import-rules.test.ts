import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repoDir } from '../harness/os/run.ts';

// A small tree with the workshop's biome.json, in which each rule is broken once.
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'encore-rules-'));
  cpSync(join(repoDir, 'biome.json'), join(dir, 'biome.json'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What the linter says of the tree with these files: "checks/…/a.ts noImportCycles". */
function findings(files: Record<string, string>): string[] {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), text);
  }
  const biome = join(repoDir, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const args = [biome, 'lint', '--reporter=json', '--vcs-enabled=false', '.'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: dir, encoding: 'utf8' });
  for (const file of Object.keys(files)) rmSync(join(dir, file));
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string }[] };
  return diagnostics.map(({ category }) => category.split('/').at(-1) ?? '');
}

const importOf = (path: string) => `import { x } from '${path}';\nexport const y = x;\n`;

describe('the import rules', { timeout: 60_000 }, () => {
  it.each([
    ['os, which is lowest, imports a room above it', 'checks/harness/os/a.ts', '../measure/b.ts'],
    ['measure imports the network', 'checks/harness/measure/a.ts', '../net/b.ts'],
    ['a service imports the runner', 'checks/harness/services/redis/a.ts', '../../runner/b.ts'],
    ['the load imports the runner', 'checks/harness/load/a.ts', '../runner/b.ts'],
    ['the app room imports a service', 'checks/harness/app/a.ts', '../services/b.ts'],
    ['the runner imports the SDK', 'checks/harness/runner/a.ts', '../sdk/index.ts'],
    ['the harness imports a lesson', 'checks/harness/sdk/a.ts', '../../03-sessions/steps.ts'],
    ['the harness imports a command', 'checks/harness/runner/a.ts', '../../../scripts/cli.ts'],
    ['a check imports past the SDK', 'checks/03-sessions/a.ts', '../harness/runner/behaviour.ts'],
    ['a check imports the app', 'checks/03-sessions/a.ts', '../../lessons/03-sessions/src/app.ts'],
    ['a command imports a check', 'scripts/commands/a.ts', '../../checks/03-sessions/check.ts'],
    ['an app imports the harness', 'lessons/03-sessions/src/a.ts', '../../../checks/harness/sdk/index.ts'],
    ['a solution imports the harness', 'solutions/03-sessions/src/a.ts', '../../../checks/harness/sdk/index.ts'],
  ])('are broken when %s', (_what, file, path) => {
    expect(findings({ [file]: importOf(path) })).toEqual(['noRestrictedImports']);
  });

  it.each([
    ['a check imports the SDK', 'checks/03-sessions/a.ts', '../harness/sdk/index.ts'],
    ['the runner imports a service', 'checks/harness/runner/a.ts', '../services/b.ts'],
    ['a service imports the network', 'checks/harness/services/cdn/a.ts', '../../net/b.ts'],
  ])('hold when %s', (_what, file, path) => {
    expect(findings({ [file]: importOf(path) })).toEqual([]);
  });

  it('are broken by a cycle, also by one of types alone', () => {
    const a = "import type { B } from './b.ts';\nexport type A = { b?: B };\n";
    const b = "import type { A } from './a.ts';\nexport type B = { a?: A };\n";
    const both = findings({ 'checks/harness/os/a.ts': a, 'checks/harness/os/b.ts': b });
    expect(both).toEqual(['noImportCycles', 'noImportCycles']);
  });
});
