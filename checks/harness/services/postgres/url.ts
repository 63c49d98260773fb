import { type Client, DatabaseError } from 'pg';
import { Inconclusive } from '../../model/verdict.ts';
import type { Availability, Look, PostgresProvider, PostgresServer } from '../provider.ts';
import { type PostgresAddress, parsePostgresUrl, shownAddress } from './address.ts';
import type { Wanted } from './embedded.ts';
import { createPrivate, dropLeftOvers, dropPrivate, newName, refusal, versionOf } from './private-database.ts';
import { connectTo } from './seed.ts';
import { fill, newLogin } from './template.ts';

const fix = 'unset DATABASE_URL';
const instead = 'correct it or unset it to use the built-in one';

/** The PostgreSQL that the user names. It is theirs: a database is created in it and dropped after, no other is touched. */
export function postgresAtUrl({ env }: Look, wanted?: Wanted): PostgresProvider {
  const text = env.DATABASE_URL ?? '';
  return {
    name: 'DATABASE_URL',
    insisted: text !== '',
    async available(): Promise<Availability> {
      if (text === '') return { ok: false, why: 'DATABASE_URL is not set' };
      try {
        const { client, address } = await open(text);
        const version = await versionOf(client);
        await client.end();
        return {
          ok: true,
          detail: `PostgreSQL ${version} answers at ${shownAddress(address)}; a private database is created in it`,
        };
      } catch (error) {
        return { ok: false, why: (error as Error).message, fix };
      }
    },
    async start({ onProgress }) {
      if (!wanted) throw new TypeError('no lesson to start a database for');
      const { client, address } = await open(text);
      try {
        return await startPrivate(client, address, wanted, onProgress);
      } finally {
        await client.end();
      }
    },
  };
}

/** Connects and makes sure that we may do what we have to. Rejects with the sentence for the user. */
async function open(text: string): Promise<{ client: Client; address: PostgresAddress }> {
  let address: PostgresAddress;
  try {
    address = parsePostgresUrl(text);
  } catch (error) {
    throw new Inconclusive(`DATABASE_URL ${(error as Error).message}; ${instead}`, fix);
  }
  const shown = shownAddress(address);
  let client: Client;
  try {
    client = await connectTo(address.host, address.port, address.database, address);
  } catch (error) {
    throw new Inconclusive(
      error instanceof DatabaseError
        ? `the PostgreSQL at DATABASE_URL (${shown}) refuses the connection: ${error.message}; ${instead}`
        : `no PostgreSQL answers at DATABASE_URL (${shown}); unset it to use the built-in one`,
      fix,
    );
  }
  const refused = await refusal(client);
  if (!refused) return { client, address };
  await client.end();
  throw new Inconclusive(`the PostgreSQL at DATABASE_URL (${shown}) ${refused}; ${instead}`, fix);
}

async function startPrivate(
  client: Client,
  address: PostgresAddress,
  wanted: Wanted,
  onProgress: (text: string) => void,
): Promise<PostgresServer> {
  await dropLeftOvers(client);
  const app = newLogin(newName());
  const { host, port, database } = address;
  const admin = { user: address.user, password: address.password };
  const drop = async () => {
    const again = await connectTo(host, port, database, admin);
    await dropPrivate(again, app.user).finally(() => again.end());
  };
  try {
    await createPrivate(client, app.user, app.password);
    onProgress(`preparing the database of lesson ${wanted.lesson} at DATABASE_URL`);
    await fill(host, port, app.user, { admin, app }, wanted.seed);
  } catch (error) {
    await drop().catch(() => {});
    throw error;
  }
  return {
    label: `PostgreSQL ${await versionOf(client)} (DATABASE_URL, private database)`,
    host,
    port,
    database: app.user,
    admin,
    app,
    // When it is gone, the next check finds the database of a dead owner.
    stop: () => drop().catch(() => {}),
  };
}
