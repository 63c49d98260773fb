import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { isDead, thisOwner } from '../../os/owner.ts';

/** The oldest version whose commands and counters we use. */
const oldest = 14;

/**
 * The name of a private database says whose it is, from the moment it exists: machine, pid, start of the process. Its
 * role has the same name. Nothing with another form of name is ever dropped.
 */
export function newName(): string {
  const { machine, pid, startedAt } = thisOwner();
  return `encore_workshop_${machine}_${pid}_${startedAt}_${randomBytes(3).toString('hex')}`;
}

const form = /^encore_workshop_([0-9a-f]{16})_(\d+)_(\d+)_[0-9a-f]{6}$/;

/** Whether the name is one of ours, and its owner is known to be gone. */
export function isLeftOver(name: string): boolean {
  const [, machine, pid, startedAt] = form.exec(name) ?? [];
  if (!machine) return false;
  return isDead({ ...thisOwner(), machine, pid: Number(pid), startedAt: Number(startedAt) });
}

/** Why the login may not do what we need, or nothing. */
export async function refusal(client: Client): Promise<string | undefined> {
  const { rows } = await client.query(`
    SELECT current_user AS name, rolsuper OR rolcreatedb AS databases, rolsuper OR rolcreaterole AS roles,
           current_setting('server_version_num')::int / 10000 AS version
    FROM pg_roles WHERE rolname = current_user`);
  const { name, databases, roles, version } = rows[0] as Record<string, string | number | boolean>;
  if (Number(version) < oldest) return `is PostgreSQL ${version}; the lessons need ${oldest} or newer`;
  const missing = [databases ? '' : 'CREATEDB', roles ? '' : 'CREATEROLE'].filter(Boolean);
  if (missing.length === 0) return undefined;
  return `does not let its user ${name} create a private database (${missing.join(' and ')} missing), and yours is not touched`;
}

/** "18.4" of "18.4 (Debian 18.4-1)". */
export async function versionOf(client: Client): Promise<string> {
  const { rows } = await client.query('SHOW server_version');
  return String(rows[0]?.server_version).split(' ')[0] ?? '';
}

/** Creates a role and a database of its own. */
export async function createPrivate(client: Client, name: string, password: string): Promise<void> {
  await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
  await client.query(`GRANT ${name} TO CURRENT_USER`); // To own what the app owns, without being a superuser.
  const { rows } = await client.query(`SELECT current_setting('server_version_num')::int >= 170000 AS builtin`);
  const locale = rows[0]?.builtin ? `LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'` : '';
  await client.query(
    `CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' ${locale}`,
  );
}

/** Drops a private database and its role. */
export async function dropPrivate(client: Client, name: string): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await client.query(`DROP ROLE IF EXISTS ${name}`);
}

/** Drops what workshops left that were killed. */
export async function dropLeftOvers(client: Client): Promise<void> {
  const { rows } = await client.query(
    `SELECT datname AS name FROM pg_database UNION SELECT rolname FROM pg_roles WHERE rolname LIKE 'encore%'`,
  );
  for (const { name } of rows as { name: string }[]) {
    if (!isLeftOver(name)) continue;
    await dropPrivate(client, name).catch(() => {}); // Another check is at it, or another user made it.
  }
}
