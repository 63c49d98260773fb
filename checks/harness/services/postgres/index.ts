import { type Explanation, explainProviders, startFirstUsable } from '../first-usable.ts';
import type { Look, PostgresProvider, PostgresServer, Session } from '../provider.ts';
import { embeddedPostgres, type Wanted } from './embedded.ts';
import { hasNoName } from './server-user.ts';
import { postgresAtUrl } from './url.ts';

export type { PostgresServer } from '../provider.ts';
export type { Wanted } from './embedded.ts';

/** The command that brings a PostgreSQL to a machine with Docker, and the address that it then has. */
export const composeUp =
  'docker compose up -d --wait postgres, then set DATABASE_URL=postgresql://postgres:encore@127.0.0.1:5432/postgres';

/** What gets a PostgreSQL to a machine that has none. */
export function fixForPostgres(): string {
  return hasNoName()
    ? `run as a user with a name, in a container for example with docker run --user node; or ${composeUp}`
    : composeUp;
}

/** The ways to get a PostgreSQL, best first. */
function providers(look: Look, wanted?: Wanted): PostgresProvider[] {
  return [postgresAtUrl(look, wanted), embeddedPostgres(look, wanted)];
}

/** Brings up the lesson's database in the first PostgreSQL that works. A DATABASE_URL that can't be used is an error. */
export function startPostgres(options: Look & Session & Wanted): Promise<PostgresServer> {
  return startFirstUsable({ name: 'PostgreSQL', fix: fixForPostgres() }, providers(options, options), options);
}

/** Every provider in order, and which one a check would use. */
export const explainPostgres = (look: Look): Promise<Explanation[]> => explainProviders(providers(look));
