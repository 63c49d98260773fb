import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { commandOf, killNow } from '../../harness/os/processes.ts';
import { readAdopted } from '../../harness/os/run-files.ts';
import { defineCheck } from '../../harness/runner/check.ts';
import type { Stage } from '../../harness/runner/stage.ts';
import lesson from './lesson.ts';

/** What is killed, and when: "redis behaviour", "supplier load", "own-supplier behaviour"; nothing otherwise. */
const [victim = '', moment = ''] = (process.env.KILL ?? '').split(' ');

defineCheck(lesson, ({ behaviour, load }) => {
  const teaching = { because: 'The app is to blame.', lookAt: 'the app' };
  behaviour('asks', 'the app asks both services again and again', teaching, async (t) => {
    for (let time = 0; time < 10; time++) {
      if (moment === 'behaviour' && time === 5) await kill(t);
      (await t.visitor().get('/redis')).mustBe(200);
      (await t.visitor().get('/events/7')).mustBe(200);
    }
  });
  behaviour(
    'own-supplier',
    'an extra instance asks a supplier of its own',
    teaching,
    async (t) => {
      const supplier = await t.startSupplier({ latencyMs: 0, atOnce: 1 });
      const extra = await t.startExtra({ env: { SUPPLIER_URL: supplier.url } });
      if (victim === 'own-supplier') process.kill(supplier.pid, 'SIGKILL');
      (await t.visitor({ at: extra }).get('/events/7')).mustBe(200);
    },
    { background: true },
  );
  behaviour(
    'own-redis',
    'an extra instance asks a Redis of its own, as a visitor does who comes through the balancer',
    teaching,
    async (t) => {
      const redis = await t.startRedis();
      const extra = await t.startExtra({ env: { REDIS_URL: redis.appUrl } });
      const { text } = (await t.visitor({ at: extra }).get('/redis')).mustBe(200);
      t.require(text === '1', { expected: 'the first to ask', seen: text });
      const { json } = (await t.visitor({ at: extra }).get('/headers')).mustBe(200);
      t.require(json['x-forwarded-proto'] === 'https', { expected: 'x-forwarded-proto: https', seen: String(json) });
    },
    { background: true },
  );
  load((t) => ({
    watch: async () => {
      const before = await t.supplier.total();
      const killed = moment === 'load' ? killWhen(t, async () => (await t.supplier.total()) > before + 3) : undefined;
      return async () => {
        await killed;
        return { note: 'watched' };
      };
    },
  }));
});

async function killWhen(t: Stage, due: () => Promise<boolean>): Promise<void> {
  while (!(await due())) await delay(20);
  await kill(t);
}

async function kill(t: Stage): Promise<void> {
  if (victim === 'supplier') process.kill(t.supplier.pid, 'SIGKILL');
  if (victim !== 'redis') return;
  // Only a server that this run has started: REDIS_URL would be somebody's own. Its environment can't be asked, because
  // redis-server writes its title over it.
  const servers = readAdopted(inject('runDir'))
    .processes.map(({ pid }) => pid)
    .filter((pid) => /(redis|valkey)-server|stand-in-server/.test(commandOf(pid)));
  killNow(servers);
  if (servers.length === 0) t.skip('this Redis was not started by the check');
}
