import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mustDrain } from './drain.ts';
import { holdRequests } from './held-requests.ts';
import { waitFor } from './patience.ts';
import { startInTurn } from './turns.ts';
import { processes, servingPids, settled, workersByDefault } from './workers.ts';

const orphansWithinMs = 2_000;

/** What becomes of the workers when the app is to end. */
export function stopBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'drain',
    'SIGTERM to the primary drains every worker, and the app exits with 0',
    drainTeaching,
    async (t) => {
      if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
      let fresh = true;
      const open = async () => {
        if (!fresh) await t.restart(1);
        fresh = false;
        return { app: t.app(1), redis: t.redis, workers: workersByDefault(t) };
      };
      try {
        await mustDrain(t, open, { what: 'SIGTERM', terminate: (app) => app.signal('SIGTERM') });
      } finally {
        await t.app(1).kill(); // Told to end already: the next behaviour gets a new one.
      }
    },
    { limitMs: 90_000 },
  );

  behaviour(
    'no-orphans',
    'SIGKILL to the primary leaves no worker behind',
    {
      because:
        'The workers live on without their primary. They keep their memory and connections, perhaps the port, and nobody ends them any more.',
      lookAt: 'how does a worker learn that its primary is gone, and what does it still wait for then?',
    },
    async (t) => {
      const app = t.app(1);
      const workers = workersByDefault(t);
      // A worker that still starts when its primary dies would end by itself: its first message has no receiver.
      const serving = await servingPids(t, app, workers);
      await settled(app);
      // In the middle of work, and with connections that stay open: both keep a worker alive that only closes its server.
      const held = await holdRequests(t, { app, redis: t.redis, workers });
      try {
        // One of them drains already: a worker that then lets go of its primary does not hear of its death.
        const draining = workers > 1 ? serving.find((pid) => pid !== app.pid) : undefined;
        if (draining) {
          process.kill(draining, 'SIGTERM');
          t.step('SIGTERM to one of the workers while requests are in flight');
          await delay(50);
          await settled(app, 500);
        }
        app.signal('SIGKILL');
        t.step('SIGKILL to the primary while requests are in flight');
        // Redis goes on saying nothing: who waits for its requests to end before it ends waits for ever.
        const what = 'the end of the last worker';
        const goneMs = await waitFor(t, app, { what, limitMs: orphansWithinMs, done: () => app.tree().length === 0 });
        const orphans = goneMs === undefined ? app.tree() : [];
        const left = orphans.length;
        await app.kill(); // Also waits until its end is known, so that the next one is started.
        t.require(left === 0, {
          expected: `no process of the app after ${orphansWithinMs / 1_000} s`,
          seen: `${processes(left)} left`,
          ...(left === 1 && orphans[0]?.pid === draining
            ? {
                because:
                  'The worker that was finishing its requests lives on without its primary. Nobody limits any more how long that takes.',
                lookAt: 'what tells a worker that its primary is gone, and does that still reach it after SIGTERM?',
              }
            : {}),
        });
        t.atMost(what, goneMs ?? 0, orphansWithinMs, 'ms');
      } finally {
        await held?.end();
      }
    },
    { limitMs: 60_000 },
  );
}

const drainTeaching = {
  because: 'A worker ended with requests in flight. Every deploy breaks off what its customers are waiting for.',
  lookAt: 'what does the primary do on SIGTERM, what do the workers do, and what does each wait for?',
};

/** The same when every process gets the signal, and gets it twice. */
export function drainsFromAllSides(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'drain-all',
    'SIGTERM to every process at once, and once more, drains as well',
    {
      because:
        'A worker that has had its SIGTERM gets another one, from the primary or from whoever stops the app, and ends at once.',
      lookAt: 'what does a worker do on its second SIGTERM?',
    },
    async (t: Stage) => {
      if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
      const redis = await t.startRedis();
      const open = async () => ({
        app: await startInTurn(t, { WEB_CONCURRENCY: '2', REDIS_URL: redis.appUrl }),
        redis,
        workers: 2,
      });
      await mustDrain(t, open, {
        what: 'SIGTERM to every process of the app, twice',
        terminate: (app, family) => {
          app.signal('SIGTERM');
          for (const pid of family) {
            try {
              process.kill(pid, 'SIGTERM');
            } catch {}
          }
        },
        twice: true,
      });
    },
    { limitMs: 90_000, further: true },
  );
}
