import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import type { Login } from '../provider.ts';

/** What a seed in TypeScript exports by default. The client is logged in as the app. */
export type Seed = (client: Client) => Promise<void>;

/** Changes with the seed's text, so that a template made from another text is not taken. */
export function seedHash(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
}

/** One connection to a server, without TLS. */
export async function connectTo(host: string, port: number, database: string, login: Login): Promise<Client> {
  const client = new Client({ host, port, database, ...login, ssl: false, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {}); // The query that fails because of it says so itself.
  await client.connect();
  return client;
}

/** Runs the seed as the app, which so owns what it creates. A seed is a .sql or a .ts file. */
export async function runSeed(client: Client, file: string): Promise<void> {
  if (file.endsWith('.sql')) {
    await client.query(readFileSync(file, 'utf8'));
    return;
  }
  const { default: seed } = (await import(pathToFileURL(file).href)) as { default: Seed };
  await seed(client);
}
