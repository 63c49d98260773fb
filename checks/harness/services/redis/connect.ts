import { Redis } from 'ioredis';
import type { RedisAddress } from './address.ts';

/** `silent`: nothing that speaks Redis is there. `refused`: it is there and will not have us. */
export type ConnectProblem = 'silent' | 'refused';

/** Why no connection to a Redis could be made. */
export class RedisConnectError extends Error {
  readonly problem: ConnectProblem;
  constructor(problem: ConnectProblem, detail: string) {
    super(detail);
    this.problem = problem;
  }
}

const answerWithinMs = 3_000;

/**
 * One connection to database 0 that is never re-made by itself: after a reconnect, commands meant for a claimed
 * database could reach another one.
 */
export async function connectOnce(address: RedisAddress): Promise<Redis> {
  const { host, port, username, password, tls } = address;
  const client = new Redis({
    host,
    port,
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(tls ? { tls: {} } : {}),
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    connectTimeout: answerWithinMs,
    commandTimeout: answerWithinMs,
  });
  let cause: Error | undefined;
  client.on('error', (error: Error) => {
    cause ??= error;
  });
  try {
    await client.connect();
    await client.ping();
    return client;
  } catch (error) {
    client.disconnect();
    throw asConnectError(cause ?? (error as Error));
  }
}

function asConnectError(error: Error): RedisConnectError {
  const { code = '' } = error as NodeJS.ErrnoException;
  // Redis starts its errors with a word in capitals; certificates have codes of their own.
  if (/^(NOAUTH|WRONGPASS|NOPERM|ERR|DENIED|LOADING|MASTERDOWN)\b/.test(error.message)) {
    return new RedisConnectError('refused', error.message);
  }
  if (/CERT|SELF_SIGNED|SSL|TLS/.test(code)) return new RedisConnectError('refused', error.message);
  return new RedisConnectError('silent', error.message);
}

/** Deletes every key of the connection's database, except the given one, without blocking the server. */
export async function unlinkAll(client: Redis, except: string): Promise<void> {
  const spared = Buffer.from(except);
  const keys: Buffer[] = [];
  let cursor = '0';
  do {
    // As bytes: a key need not be valid UTF-8.
    const [next, found] = await client.scanBuffer(cursor, 'COUNT', 1_000);
    for (const key of found) if (!spared.equals(key)) keys.push(key);
    cursor = next.toString();
  } while (cursor !== '0');
  // Only now: the stand-in's cursor is a position, and skips keys when others are deleted under way.
  for (let at = 0; at < keys.length; at += 1_000) await client.unlink(...keys.slice(at, at + 1_000));
}
