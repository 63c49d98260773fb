import { Redis } from 'ioredis';
import { startTcpProxy, type TcpProxy } from '../../net/tcp-proxy.ts';
import { markerKey } from '../../os/owner.ts';
import type { Look, RedisServer, Session } from '../provider.ts';
import type { OpenService } from '../service.ts';
import { parseRedisUrl, redisUrl } from './address.ts';
import { unlinkAll } from './connect.ts';
import { startRedis } from './index.ts';

/** One more way to the same database, for an instance that is to be held while the others are not. Ends with the Redis. */
export interface RedisDoor {
  /** For that instance's REDIS_URL. */
  url: string;
  /** Redis hangs until `resume`: connections are accepted, and neither what the app sends nor what Redis answers passes. */
  pause(): void;
  /** Redis does what the app says, and the app does not hear of it until `resume`. */
  holdReplies(): void;
  /** After `holdReplies`: one reply passes, on each connection, so that a check can stand between two commands. */
  passReply(): void;
  /** After `holdReplies`: a connection whose replies wait gets them, also those to come. False if no reply waits. */
  freeOne(): boolean;
  /** What Redis has replied meanwhile and the app has not heard, in bytes: above 0, Redis has done a command. */
  readonly heldBytes: number;
  /** How often somebody has connected this way. At 0 the app has no Redis at all, whatever its code looks like. */
  readonly connectionsSoFar: number;
  resume(): void;
}

/** What checks do with a Redis: give the app an address that can be cut, and look at what the app wrote. */
export interface RedisHandle extends OpenService, Omit<RedisDoor, 'url'> {
  /** For the app's REDIS_URL. Leads through a proxy of ours, in plain text on 127.0.0.1. */
  appUrl: string;
  /** The same database without the proxy, for an instance that nothing slows or cuts. */
  directUrl: string;
  openDoor(): Promise<RedisDoor>;
  /** Connected directly, in the same database. Not cut with the app. */
  client: Redis;
  isStandIn: boolean;
  /** The app's connections break and new ones are refused. */
  cut(): Promise<void>;
  /** Every round trip of the app takes so much longer, from now on. */
  delay(roundTripMs: number): void;
  /** As it was: not cut, not slow, not hanging. */
  restore(): Promise<void>;
  /** All keys of the database, sorted. */
  keys(): Promise<string[]>;
  /** Milliseconds until the key expires; -1: it never does; -2: no such key. As PTTL says it. */
  ttlMs(key: string): Promise<number>;
  /** Deletes all keys of the database. */
  clear(): Promise<void>;
  /** As a restart does. Leaves a server alone on which somebody else keeps something, and one that knows no scripts. */
  forgetScripts(): Promise<void>;
  /** How often Redis has answered that it does not know a script. A Redis before 6.2 does not count it. */
  unknownScripts(): Promise<number>;
  /** Closes the proxy and the client, and stops the server. */
  close(): Promise<void>;
}

const answerWithinMs = 3_000;

/** Starts the first Redis that works and opens it for the checks of one lesson. */
export async function openRedis(options: Look & Session): Promise<RedisHandle> {
  const server = await startRedis(options);
  try {
    return await handleOf(server);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Opens a server that is up. The handle's `close` stops it. */
export async function handleOf(server: RedisServer): Promise<RedisHandle> {
  const address = parseRedisUrl(server.url);
  if (!address) throw new Error(`not a Redis address: ${server.label}`);
  const database = Number(new URL(server.url).pathname.slice(1) || 0);
  const { host, port, tls } = address;
  const client = new Redis(server.url, { lazyConnect: true, commandTimeout: answerWithinMs, maxRetriesPerRequest: 1 });
  client.on('error', () => {}); // The command that fails because of it says so itself.
  await client.connect();
  // ioredis goes on in database 0 when the one in the URL can't be had. That one may hold somebody's data.
  await client.select(database);
  const proxies: TcpProxy[] = [];
  const startProxy = async () => {
    const proxy = await startTcpProxy({ target: { host, port, tls } });
    proxies.push(proxy);
    const url = redisUrl({ ...address, host: '127.0.0.1', port: proxy.port, tls: false }, database);
    return { proxy, url };
  };
  const { proxy, url: appUrl } = await startProxy();
  const rest: Omit<RedisHandle, keyof RedisDoor> = {
    appUrl,
    env: { REDIS_URL: appUrl },
    directUrl: server.url,
    async openDoor() {
      const { proxy, url } = await startProxy();
      return Object.assign(doorOf(proxy), { url });
    },
    client,
    isStandIn: server.isStandIn,
    label: server.label,
    cut: () => proxy.cut(),
    delay: (roundTripMs) => {
      proxy.delayMs = roundTripMs / 2;
    },
    restore: async () => {
      proxy.delayMs = 0;
      proxy.resume();
      await proxy.restore();
    },
    keys: () => scanKeys(client),
    ttlMs: (key) => client.pttl(key),
    clear: () => unlinkAll(client, markerKey),
    forgetScripts: async () => {
      const databases = (await client.info('keyspace')).match(/^db\d+:/gm) ?? [];
      if (!server.isStandIn && databases.length <= 1) await client.script('FLUSH');
    },
    unknownScripts: async () =>
      Number(/errorstat_NOSCRIPT:count=(\d+)/.exec(await client.info('errorstats'))?.[1] ?? 0),
    alive: async () => {
      try {
        return (await client.ping()) === 'PONG';
      } catch {
        return false;
      }
    },
    async close() {
      client.disconnect();
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await server.stop();
    },
  };
  return Object.assign(doorOf(proxy), rest);
}

function doorOf(proxy: TcpProxy): Omit<RedisDoor, 'url'> {
  return {
    pause: () => proxy.pause(),
    holdReplies: () => proxy.holdReplies(),
    passReply: () => proxy.passReply(),
    freeOne: () => proxy.freeOne(),
    get heldBytes() {
      return proxy.heldBytes;
    },
    get connectionsSoFar() {
      return proxy.connectionsSoFar;
    },
    resume: () => proxy.resume(),
  };
}

async function scanKeys(client: Redis): Promise<string[]> {
  const keys = new Set<string>(); // SCAN may name a key twice.
  let cursor = '0';
  do {
    const [next, found] = await client.scan(cursor, 'COUNT', 1_000);
    for (const key of found) keys.add(key);
    cursor = next;
  } while (cursor !== '0');
  keys.delete(markerKey); // Ours: it says who has claimed the database.
  return [...keys].sort();
}
