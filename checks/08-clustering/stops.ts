import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mustDrain } from './drain.ts';
import { leavesNoOrphans } from './orphans.ts';
import { startInTurn } from './turns.ts';
import { workersByDefault } from './workers.ts';

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
    leavesNoOrphans,
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
