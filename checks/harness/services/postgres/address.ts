import { userInfo } from 'node:os';
import { hasNoName } from './server-user.ts';

/** Where a PostgreSQL is and how to log in. */
export interface PostgresAddress {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** Reads postgres:// and postgresql://. Throws with what is wrong; the text is not repeated, it may hold a password. */
export function parsePostgresUrl(text: string): PostgresAddress {
  if (!/^postgres(ql)?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new Error('is not of the form postgresql://user:password@host:port/database');
  }
  const url = new URL(text);
  if (!url.hostname) throw new Error('names no host; a socket can not be put behind our proxy');
  const sslmode = url.searchParams.get('sslmode') ?? (url.searchParams.get('ssl') === 'true' ? 'require' : 'disable');
  if (['require', 'verify-ca', 'verify-full', 'no-verify'].includes(sslmode)) {
    throw new Error(
      `asks for TLS (sslmode=${sslmode}); the workshop reads what the app sends, so it takes a local server without`,
    );
  }
  const user = decodeURIComponent(url.username) || (hasNoName() ? 'postgres' : userInfo().username);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 5432),
    user,
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || user,
  };
}

/** The app's DATABASE_URL. */
export function postgresUrl({ host, port, user, password, database }: PostgresAddress): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${shown}:${port}/${encodeURIComponent(database)}`;
}

/** "host:port", for messages: a password is never printed. */
export function shownAddress({ host, port }: PostgresAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
