import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { isYes, startInTurn, untilReady } from './ready.ts';
import { inWords, send } from './wire.ts';

/** Another list than src/migrate.ts has. */
const list: Record<string, number> = { berlin: 4_100, umeå: 3_300, constructor: 2_700 };
const coldMs = 700;

/** Line 7. */
export function warmBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'warm',
    'an instance is live at once, and not ready until it has the price list',
    {
      because:
        'The balancer sends requests to whatever says that it is ready. An instance without its prices answers that there is no such event.',
      lookAt: 'what does GET /ready know of the price list, and who tries again when it could not be loaded?',
    },
    async (t) => {
      const redis = await t.startRedis();
      await redis.cut();
      t.trail.begin('an instance starts while Redis is gone');
      const app = await startInTurn(t, { REDIS_URL: redis.appUrl });
      await mustBeCold(t, app, 'while Redis is gone');
      await redis.client.set('encore:prices', 'the box office is writing');
      await redis.restore();
      t.trail.begin('an instance has started; Redis is there, and the price list can’t be read yet');
      await mustBeCold(t, app, 'while the price list can’t be read');
      await redis.client.del('encore:prices');
      t.trail.begin('an instance has started; Redis is there, and has no price list yet');
      await mustBeCold(t, app, 'while there is no price list');
      await redis.client.hset('encore:prices', list);
      t.trail.begin('the box office has written the price list');
      await untilReady(t, app, { step: 'GET /ready, again and again', deadlineMs: 5_000 });
      for (const [event, cents] of Object.entries(list)) {
        const reply = await send(app, `/prices/${encodeURIComponent(event)}`);
        t.step(`GET /prices/${event} right after that`, String(reply.status));
        t.require(reply.status === 200 && JSON.parse(reply.text).cents === cents, {
          expected: `200 with "cents":${cents}`,
          seen: inWords(reply),
        });
      }
    },
    { limitMs: 40_000, background: true },
  );
}

async function mustBeCold(t: Stage, app: Instance, when: string): Promise<void> {
  const from = t.trail.length;
  for (let looks = 0, until = performance.now() + coldMs; looks < 5 || performance.now() < until; looks++) {
    const live = await send(app, '/live');
    const ready = await send(app, '/ready', { withinMs: 3_000 });
    t.trail.retell(from);
    t.require(live.status === 200, {
      step: `GET /live ${when}`,
      expected: '200',
      seen: inWords(live),
      because: 'The process is alive and waits. An orchestrator that reads this restarts it, and it begins from anew.',
      lookAt: 'what does GET /live ask?',
    });
    t.require(!isYes(ready.status), { step: `GET /ready ${when}`, expected: '503', seen: String(ready.status) });
    await delay(50);
  }
}
