import { Inconclusive } from '../../model/verdict.ts';
import type { Availability, Look, PostgresProvider, PostgresServer, Session } from '../provider.ts';
import { embeddedPostgres, type Wanted } from './embedded.ts';
import { postgresAtUrl } from './url.ts';

export type { PostgresServer } from '../provider.ts';
export type { Wanted } from './embedded.ts';

/** The command that brings a PostgreSQL to a machine with Docker, and the address that it then has. */
export const composeUp =
  'docker compose up -d --wait postgres, then set DATABASE_URL=postgresql://postgres:encore@127.0.0.1:5432/postgres';

/** The ways to get a PostgreSQL, best first. */
function providers(look: Look, wanted?: Wanted): PostgresProvider[] {
  return [postgresAtUrl(look, wanted), embeddedPostgres(look, wanted)];
}

/**
 * Brings up the lesson's database in the first PostgreSQL that works. A DATABASE_URL that can't be used is an error:
 * whoever sets it wants that one.
 */
export async function startPostgres(options: Look & Session & Wanted): Promise<PostgresServer> {
  const reasons: string[] = [];
  for (const provider of providers(options, options)) {
    if (provider.insisted) return provider.start(options);
    const availability = await provider.available();
    if (!availability.ok) {
      reasons.push(`${provider.name}: ${availability.why}`);
      continue;
    }
    try {
      return await provider.start(options);
    } catch (error) {
      if (error instanceof Inconclusive) throw error; // The seed fails, or the disk is full: that has a fix of its own.
      reasons.push(`${provider.name}: ${(error as Error).message}`);
    }
  }
  throw new Inconclusive(`no PostgreSQL can be had here. ${reasons.join('; ')}`, composeUp);
}

/** One line of `npm run doctor`. */
export type PostgresExplanation = { name: string; used: boolean } & Availability;

/** Every provider in order, and which one a check would use. Starts nothing. */
export async function explainPostgres(look: Look): Promise<PostgresExplanation[]> {
  const all = providers(look);
  const found = await Promise.all(all.map((provider) => provider.available()));
  const insisted = all.findIndex((provider) => provider.insisted);
  const used = insisted === -1 ? found.findIndex((one) => one.ok) : insisted;
  return all.map((provider, at) => {
    const availability = found[at] as Availability;
    return { name: provider.name, used: at === used && availability.ok, ...availability };
  });
}
