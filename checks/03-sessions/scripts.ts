import type { RedisHandle } from '../harness/sdk/index.ts';

export const scriptsAreGone = {
  because:
    'Redis has the session and refuses the app’s script: NOSCRIPT. A script that was loaded is gone after a restart, and on the replica that takes over.',
  lookAt: 'what does the app do when EVALSHA is answered with NOSCRIPT?',
};

/** Leaves a server alone on which somebody else keeps something, and one that knows no scripts. */
export async function forgetScripts({ client, isStandIn }: RedisHandle): Promise<void> {
  const databases = (await client.info('keyspace')).match(/^db\d+:/gm) ?? [];
  if (!isStandIn && databases.length <= 1) await client.script('FLUSH');
}

/** How often Redis has answered that it does not know a script. A Redis before 6.2 does not count it. */
export async function unknownScripts({ client }: RedisHandle): Promise<number> {
  return Number(/errorstat_NOSCRIPT:count=(\d+)/.exec(await client.info('errorstats'))?.[1] ?? 0);
}
