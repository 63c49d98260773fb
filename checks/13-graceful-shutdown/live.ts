import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, disturbs, type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ownRedis, startReady } from './ready.ts';
import { startInTurn } from './turns.ts';
import { inWords, send } from './wire.ts';

const lookEveryMs = 250;
const lookWithinMs = 1_000;
/** So many in a row that were not 200, as Kubernetes has it by default. */
const strikes = 3;
/** Longer than the ten seconds of grace that somebody may give Redis, with the looks after them. */
const goneMs = 11_500;
const hangsMs = 2_500;
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
      const env = { REDIS_URL: redis.appUrl };
      const fleet = [await startReady(t, env, goneMs + hangsMs + 1_500)];
      const watch = new MachineWatch();
      const outages: [how: string, forMs: number, begin: () => unknown][] = [
        ['Redis is gone', goneMs, () => redis.cut()],
        ['Redis hangs', hangsMs, () => redis.pause()],
      ];
      for (const [how, forMs, begin] of outages) {
        await begin();
        if (fleet.length === 1) fleet.push(await startInTurn(t, env, goneMs + hangsMs)); // Without Redis from the start.
        const until = performance.now() + forMs;
        const storms = await Promise.all(fleet.map((_, n) => orchestrate(t, fleet, n, env, until)));
        await redis.restore();
        const restarts = storms.reduce((sum, { restarts }) => sum + restarts, 0);
        const why = storms.map(({ why }) => why).find(Boolean);
        if (restarts > 0 && why === late && disturbs(watch.otherCoresBusy()))
          t.inconclusive('the machine was too busy to say whether an instance was live');
        t.require(restarts === 0, {
          step: `${how} for ${forMs / 1_000} s; GET /live every ${lookEveryMs} ms, and a restart after ${strikes} that are not 200`,
          expected: `no restart of ${fleet.length} instances`,
          seen: `${restarts} restarts (GET /live: ${why})`,
        });
      }
    },
    { limitMs: 60_000, background: true },
  );
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
