import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, disturbs, type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ownRedis, startReady } from './ready.ts';
import { startInTurn } from './turns.ts';
import { inWords, send } from './wire.ts';

const lookEveryMs = 250;
const lookWithinMs = 1_000;
/** So many in a row that were not 200, as Kubernetes has it by default. */
const strikes = 3;
/** Longer than the ten seconds of grace that somebody may give Redis, or a loop that looks at it, with the looks after them. */
const outageMs = 11_500;
const late = 'no answer in time';

/** Line 6, of /live. */
export function liveBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'live',
    'an outage of Redis restarts nothing: /live does not depend on it',
    {
      because:
        'The orchestrator restarts what is not live. A new process has no more of a Redis than the old one, so all instances are restarted, again and again, until Redis is back.',
      lookAt: 'what does GET /live ask, and could a restart mend it?',
    },
    async (t) => {
      const redis = await ownRedis(t);
      const door = await redis.openDoor();
      // They share one trail, so each failure tells its own steps, and nothing else is told.
      await Promise.all([
        outlivesOutage(t, { how: 'Redis is gone', url: redis.appUrl, begin: () => redis.cut() }),
        outlivesOutage(t, { how: 'Redis hangs', url: door.url, begin: () => door.pause() }),
      ]);
    },
    { limitMs: 60_000, background: true },
  );
}

interface Outage {
  how: string;
  url: string;
  begin(): unknown;
}

/** One instance that runs, and one that starts in the outage. */
async function outlivesOutage(t: Stage, { how, url, begin }: Outage): Promise<void> {
  const env = { REDIS_URL: url };
  const fleet = [await startReady(t, env, outageMs + 1_500)];
  const watch = new MachineWatch();
  await begin();
  const until = performance.now() + outageMs;
  const storms = [orchestrate(t, fleet, 0, env, until)];
  fleet.push(await startInTurn(t, env, outageMs)); // Without Redis from the start.
  storms.push(orchestrate(t, fleet, 1, env, until));
  const all = await Promise.all(storms);
  const restarts = all.reduce((sum, { restarts }) => sum + restarts, 0);
  const why = all.map(({ why }) => why).find(Boolean);
  if (restarts > 0 && why === late && disturbs(watch.otherCoresBusy()))
    t.inconclusive('the machine was too busy to say whether an instance was live');
  t.require(restarts === 0, {
    step: `${how} for ${outageMs / 1_000} s; GET /live every ${lookEveryMs} ms, and a restart after ${strikes} that are not 200`,
    expected: `no restart of ${fleet.length} instances`,
    seen: `${restarts} restarts (GET /live: ${why})`,
  });
}

/** Plays the orchestrator for one instance of the fleet, until the outage is over. */
async function orchestrate(t: Stage, fleet: Instance[], n: number, env: Record<string, string>, until: number) {
  let restarts = 0;
  let failed = 0;
  let why = '';
  while (performance.now() < until) {
    const lookedAt = performance.now();
    const reply = await send(fleet[n] as Instance, '/live', { withinMs: lookWithinMs });
    failed = reply.status === 200 ? 0 : failed + 1;
    if (failed > 0) why = reply.broke === 'late' ? late : inWords(reply);
    if (failed >= strikes) {
      restarts++;
      failed = 0;
      await fleet[n]?.kill();
      const fresh = await t.startExtra({ env }).catch(() => undefined);
      if (!fresh) return { restarts, why: 'it did not start without Redis' };
      fleet[n] = fresh;
    }
    await delay(Math.max(0, lookEveryMs - (performance.now() - lookedAt)));
  }
  return { restarts, why };
}
