import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inconclusive } from '../../model/verdict.ts';
import type { Login, Session } from '../provider.ts';
import { createCluster, startCluster } from './cluster.ts';
import { type PlatformPackage, settle } from './platform-package.ts';
import { checksSchema, countStatements, tidy } from './private-schema.ts';
import { connectTo, runSeed, seedHash } from './seed.ts';
import { copyData, type Workplace } from './workplace.ts';

/** A lesson's database, ready to be copied: a data folder of a server that was stopped in an orderly way. */
export interface Template {
  data: string;
  admin: Login;
  app: Login;
}

/** What a template is made of. */
export interface TemplateOptions {
  /** The lesson's folder: "09-n-plus-one". */
  lesson: string;
  /** Path of the seed. */
  seed: string;
  cacheDir: string;
  found: PlatformPackage;
}

export const databaseName = 'encore';
/** Raised when what a template holds besides the seed changes. */
const layout = 2;

/** Where a template of this seed is kept, or would be. */
export function templateFolder({ lesson, seed, cacheDir, found }: TemplateOptions): string {
  const made = `${found.version}-${found.platform}-${layout}-${seedHash(seed)}`;
  return join(cacheDir, 'postgres', `${lesson}-${made}`);
}

/** The lesson's template, which is made by whoever needs it first. */
export async function openTemplate(place: Workplace, options: TemplateOptions, session: Session): Promise<Template> {
  const folder = templateFolder(options);
  if (!existsSync(folder)) {
    session.onProgress(`preparing the database of lesson ${options.lesson}, once`);
    const made = await makeTemplate(place, options, session);
    deleteOlder(options, folder);
    settle(made, folder);
  }
  const logins = JSON.parse(readFileSync(join(folder, 'logins.json'), 'utf8')) as Pick<Template, 'admin' | 'app'>;
  return { data: join(folder, 'data'), ...logins };
}

/** Puts a template aside that no server starts from, so that the next one is made anew. */
export function discardTemplate(options: TemplateOptions): void {
  const folder = templateFolder(options);
  const aside = `${folder}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(folder, aside); // Not deleted in place: somebody may be copying it.
    rmSync(aside, { recursive: true, force: true });
  } catch {} // Another check has done so.
}

/** Makes a template in the run's folder, so that one that was not finished goes with the run. */
async function makeTemplate(place: Workplace, { seed }: TemplateOptions, { run }: Session): Promise<string> {
  const draft = mkdtempSync(join(run.dir, 'template-'));
  const data = join(place.dir, 'made');
  const [admin, app] = [newLogin('encore_checks'), newLogin('encore_app')];
  await createCluster(place, data, admin, run);
  const cluster = await startCluster(place, data, run);
  try {
    const outside = await connectTo('127.0.0.1', cluster.port, 'postgres', admin);
    try {
      await outside.query(`CREATE ROLE ${app.user} LOGIN PASSWORD '${app.password}'`);
      await outside.query(`CREATE DATABASE ${databaseName} OWNER ${app.user}`);
    } finally {
      await outside.end();
    }
    await dropOthers(cluster.port, admin);
    await fill('127.0.0.1', cluster.port, databaseName, { admin, app }, seed);
    await cluster.stop('orderly');
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  writeFileSync(join(draft, 'logins.json'), JSON.stringify({ admin, app }), { mode: 0o600 });
  copyData(data, join(draft, 'data'), undefined);
  rmSync(data, { recursive: true });
  return draft;
}

/** Drops every database but ours: 600 of 900 files, which each check would copy and delete. */
async function dropOthers(port: number, admin: Login): Promise<void> {
  const client = await connectTo('127.0.0.1', port, databaseName, admin);
  try {
    await client.query('UPDATE pg_database SET datistemplate = false');
    for (const name of ['template0', 'template1', 'postgres']) await client.query(`DROP DATABASE ${name}`);
  } finally {
    await client.end();
  }
}

/**
 * While a commit is not yet in the log on disk, VACUUM can't mark what it wrote as visible to all, and no scan would be
 * index-only. PostgreSQL remembers that for 32 transactions together, so it goes for those after the seed, too.
 */
const logged = 'SET synchronous_commit = on';

/** Runs the seed and sets the counting up. Returns why statements are not counted, if they are not. */
export async function fill(
  host: string,
  port: number,
  database: string,
  { admin, app }: { admin: Login; app: Login },
  seed: string,
): Promise<string | undefined> {
  const asApp = await connectTo(host, port, database, app);
  try {
    await asApp.query(logged);
    await runSeed(asApp, seed);
  } catch (error) {
    throw new Inconclusive(
      `the seed ${seed} fails: ${(error as Error).message}`,
      'this is a fault of the workshop; please report it with the line above',
    );
  } finally {
    await asApp.end();
  }
  const asAdmin = await connectTo(host, port, database, admin);
  try {
    await asAdmin.query(logged);
    const problem = await countStatements(asAdmin);
    await tidy(asAdmin);
    return problem && `${checksSchema}: ${problem}`;
  } finally {
    await asAdmin.end();
  }
}

/** Templates of an earlier text of the seed, or of another version. */
function deleteOlder({ lesson, cacheDir }: TemplateOptions, wanted: string): void {
  const all = join(cacheDir, 'postgres');
  for (const name of existsSync(all) ? readdirSync(all) : []) {
    if (name.startsWith(`${lesson}-`) && join(all, name) !== wanted) {
      rmSync(join(all, name), { recursive: true, force: true });
    }
  }
}

/** A user with a password that nobody else on this machine knows: a superuser may run programs. */
export function newLogin(user: string): Login {
  return { user, password: randomBytes(18).toString('hex') };
}
