import type { Redis } from 'ioredis';
import { Inconclusive } from '../../model/verdict.ts';
import { isDead, markerKey, type Owner, parseOwner, thisOwner } from '../../os/owner.ts';
import type { RedisServer } from '../provider.ts';
import { type RedisAddress, redisUrl, shownAddress } from './address.ts';
import { connectOnce, unlinkAll } from './connect.ts';

/** A database's number and what is in it. */
interface Seen {
  database: number;
  keys: number;
  marker: string | null;
  owner: Owner | undefined;
}

const highest = 15;

/**
 * Takes a database of somebody else's Redis that holds nothing, and gives it back empty. Databases with keys that no
 * workshop wrote are never touched.
 */
export async function claimDatabase(address: RedisAddress, where: string): Promise<RedisServer> {
  const client = await connectOnce(address);
  const mine = JSON.stringify(thisOwner());
  try {
    const seen = await survey(client, where, address);
    const left = seen.filter((one) => one.owner && isDead(one.owner));
    for (const one of left) await takeOver(client, one, mine);
    const free = await firstFree(client, seen, mine);
    if (free === undefined) throw noneFree(seen, where, address);
    return {
      url: redisUrl(address, free),
      label: `${where}, database ${free}`,
      isStandIn: false,
      stop: () => release(address, free, mine),
    };
  } finally {
    client.disconnect();
  }
}

/** Looks at databases 15 to 1 in one round trip. */
async function survey(client: Redis, where: string, address: RedisAddress): Promise<Seen[]> {
  const batch = client.pipeline();
  for (let database = highest; database >= 1; database--) batch.select(database).get(markerKey).dbsize();
  const results = (await batch.exec()) ?? [];
  const seen: Seen[] = [];
  let refusal = '';
  for (let row = 0; row * 3 < results.length; row++) {
    const [select, get, size] = results.slice(row * 3, row * 3 + 3);
    const problem = select?.[0] ?? get?.[0] ?? size?.[0];
    // A SELECT that failed leaves the connection on the database before: its numbers mean nothing.
    if (problem) refusal ||= problem.message;
    else {
      const marker = get?.[1] as string | null;
      seen.push({ database: highest - row, keys: size?.[1] as number, marker, owner: parseOwner(marker ?? '') });
    }
  }
  if (seen.length > 0) return seen;
  throw new Inconclusive(
    `${where} (${shownAddress(address)}) lets us use no database besides 0, and that one is yours: ${refusal}`,
    `unset REDIS_URL to use the built-in Redis`,
  );
}

/** Removes what a workshop left that was killed. Another one may be at it too: the marker goes to one of them only. */
async function takeOver(client: Redis, left: Seen, mine: string): Promise<void> {
  await client.select(left.database);
  await client.watch(markerKey);
  if ((await client.get(markerKey)) !== left.marker) {
    await client.unwatch();
    return;
  }
  if (!(await client.multi().set(markerKey, mine).exec())) return;
  await unlinkAll(client, markerKey);
  await client.unlink(markerKey);
  left.keys = 0;
  left.marker = null;
}

async function firstFree(client: Redis, seen: Seen[], mine: string): Promise<number | undefined> {
  for (const { database, keys } of seen) {
    if (keys > 0) continue;
    await client.select(database);
    if (!(await client.set(markerKey, mine, 'NX'))) continue;
    // Somebody may have written a key between our look and our marker. Then it is theirs.
    if ((await client.dbsize()) === 1) return database;
    await client.unlink(markerKey);
  }
  return undefined;
}

async function release(address: RedisAddress, database: number, mine: string): Promise<void> {
  let client: Redis | undefined;
  try {
    client = await connectOnce(address);
    await client.select(database);
    // The app may have flushed the database, marker and all, and another workshop may have claimed it since.
    await client.set(markerKey, mine, 'NX');
    if ((await client.get(markerKey)) !== mine) return;
    await unlinkAll(client, markerKey);
    await client.unlink(markerKey);
  } catch {
    // The Redis is gone. If it comes back with its data, the next check finds the marker of a dead owner.
  } finally {
    client?.disconnect();
  }
}

function noneFree(seen: Seen[], where: string, address: RedisAddress): Inconclusive {
  const claimed = seen
    .filter((one) => one.owner)
    .map((one) => `${one.database} by pid ${one.owner?.pid} on ${one.owner?.host}`);
  const claims = claimed.length > 0 ? ` Claimed by a workshop: ${claimed.join(', ')}.` : '';
  return new Inconclusive(
    `${where} (${shownAddress(address)}) has no free database: each of ${seen.at(-1)?.database} to ${seen[0]?.database} holds keys. Nothing was deleted.${claims}`,
    'empty one of them, or unset REDIS_URL to use the built-in Redis',
  );
}
