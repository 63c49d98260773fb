import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, disturbs, type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { isYes, ownRedis, startReady, untilReady } from './ready.ts';
import { inWords, type Reply, send } from './wire.ts';

const fleetSize = 2;
const lookEveryMs = 250;
const lookWithinMs = 1_000;
/** So many in a row that were not 200, as Kubernetes has it by default. */
const strikes = 3;
const outageMs = 2_500;
/** Longer than code that tries a few times goes on trying. */
const longOutageMs = 5_000;
/** The contract's second, and what a busy machine may add. */
const noWithinMs = 2_500;

/** Line 6. */
export function healthBehaviours(behaviour: CheckDefinition['behaviour']): void {
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
      const fleet = await Promise.all(Array.from({ length: fleetSize }, () => startReady(t, env)));
      const watch = new MachineWatch();
      const outages: [how: string, begin: () => unknown][] = [
        ['Redis is gone', () => redis.cut()],
        ['Redis hangs', () => redis.pause()],
      ];
      for (const [how, begin] of outages) {
        await begin();
        const until = performance.now() + outageMs;
        const storms = await Promise.all(fleet.map((_, n) => orchestrate(t, fleet, n, env, until)));
        await redis.restore();
        const restarts = storms.reduce((sum, { restarts }) => sum + restarts, 0);
        const why = storms.map(({ why }) => why).find(Boolean);
        if (restarts > 0 && why === late && disturbs(watch.otherCoresBusy()))
          t.inconclusive('the machine was too busy to say whether an instance was live');
        t.require(restarts === 0, {
          step: `${how} for ${outageMs / 1_000} s; GET /live every ${lookEveryMs} ms, and a restart after ${strikes} that are not 200`,
          expected: `no restart of ${fleetSize} instances`,
          seen: `${restarts} restarts (GET /live: ${why})`,
        });
      }
    },
    { limitMs: 60_000, background: true },
  );

  behaviour(
    'ready',
    '/ready is 503 while Redis is gone or hangs, and 200 again by itself',
    {
      because:
        'An instance that can take no order should get none. And nobody restarts it when Redis is back: it must notice by itself.',
      lookAt: 'what does GET /ready ask Redis, how long does it wait, and what does the client do after an outage?',
    },
    async (t) => {
      const redis = await ownRedis(t);
      const app = await startReady(t, { REDIS_URL: redis.appUrl });
      t.trail.begin(`Redis is gone for ${longOutageMs / 1_000} s`);
      const back = performance.now() + longOutageMs;
      await redis.cut();
      await mustSayNo(t, app, 'Redis is gone');
      await delay(Math.max(0, back - performance.now()));
      await mustSayNo(t, app, 'Redis is still gone');
      await redis.restore();
      await untilReady(t, app, { step: 'Redis is back; GET /ready, again and again', deadlineMs: 6_000 });
      t.trail.begin('Redis hangs: it takes connections and does not reply');
      redis.pause();
      await mustSayNo(t, app, 'Redis hangs');
      await redis.restore();
      await untilReady(t, app, { step: 'Redis is back; GET /ready, again and again', deadlineMs: 6_000 });
    },
    { limitMs: 60_000, background: true },
  );
}

const late = 'no answer in time';

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

/** In time. A look from before the outage may still say yes. */
async function mustSayNo(t: Stage, app: Instance, when: string): Promise<void> {
  const from = t.trail.length;
  const startedAt = performance.now();
  let reply: Reply;
  for (;;) {
    reply = await send(app, '/ready', { withinMs: noWithinMs });
    t.trail.retell(from);
    if (!isYes(reply.status) || performance.now() - startedAt > noWithinMs) break;
    await delay(20);
  }
  t.require(reply.status === 503, {
    step: `GET /ready: ${when}`,
    expected: '503 within a second',
    seen: inWords(reply),
    because: isYes(reply.status)
      ? 'The balancer sends orders to an instance that can store none.'
      : 'The balancer waits for an answer that does not come, and meanwhile goes on sending requests.',
    lookAt: 'what does GET /ready ask Redis, and how long does it wait for the reply?',
  });
}
