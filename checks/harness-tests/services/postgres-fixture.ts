import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Wanted } from '../../harness/services/postgres/index.ts';
import type { Look, Session } from '../../harness/services/provider.ts';
import { type FakeRun, fakeRun } from './fake-run.ts';

export const asRoot = process.getuid?.() === 0;

/** A small database, made anew for each test file, and runs that use it. */
export interface Fixture extends Disposable {
  cacheDir: string;
  seed: string;
  /** A run whose folder the server's user may enter, so that root needs no copy of the server. */
  run(): FakeRun;
  options(run: FakeRun, env?: NodeJS.ProcessEnv): Look & Session & Wanted;
}

export const seedText = `
  CREATE TABLE events (id int PRIMARY KEY, title text NOT NULL);
  INSERT INTO events SELECT n, 'event ' || n FROM generate_series(1, 2000) AS n;
`;

/** Everything below one folder, by default with a space and an umlaut in its name. */
export function postgresFixture(name = 'encore test für postgres-'): Fixture {
  const cacheDir = mkdtempSync(join(tmpdir(), name));
  chmodSync(cacheDir, 0o755);
  const seed = join(cacheDir, 'seed.sql');
  writeFileSync(seed, seedText);
  return {
    cacheDir,
    seed,
    run() {
      const run = fakeRun(cacheDir);
      chmodSync(run.dir, 0o755);
      return run;
    },
    options: (run, env) => ({ ...run.options(env), cacheDir, lesson: '00-test', seed }),
    [Symbol.dispose]: () => rmSync(cacheDir, { recursive: true, force: true }),
  };
}
