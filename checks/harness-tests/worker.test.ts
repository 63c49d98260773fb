import { describe, expect, it } from 'vitest';
import { checkApp, checkCopy, runningApps } from './check-fixture.ts';

const fixture = 'FIXTURE=fixture-worker';

/** The same app with another worker, or none. */
const checkWith = (worker: string | null) =>
  checkCopy('with-worker', { 'src/worker.ts': worker }, fixture, '--no-load');

const throws = `
import { setTimeout as delay } from 'node:timers/promises';

const concurrency = Number(process.env.CONCURRENCY);
await delay(0); // The first turn of the loop is over: it has loaded, and not yet begun.
if (!concurrency) throw new Error('CONCURRENCY is not set');
`;

const givesUp = `
import { Redis } from 'ioredis';

const redis = new Redis(process.env.REDIS_URL ?? '');
await redis.brpop(process.env.JOBS ?? '', 0);
console.error('one job is enough');
process.exit(0);
`;

const ignoresSigterm = `
import { Redis } from 'ioredis';
process.on('SIGTERM', () => {});
const redis = new Redis(process.env.REDIS_URL);
for (;;) if (await redis.brpop('jobs', 0)) await redis.lpush('jobs:done', process.pid);
`;

describe.concurrent('a process of the app beside its instances', { timeout: 120_000 }, () => {
  it('is started, killed, restarted and stopped with them, and one more can be started', async () => {
    const { verdict, behaviours } = await checkApp('with-worker', fixture, '--no-load');
    expect(behaviours.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
    expect(verdict).toBe('pass');
    expect(runningApps('with-worker')).toEqual([]);
  });

  it('fails the start when it ends by itself, with its own lines', async () => {
    const { behaviours } = await checkWith(throws);
    expect(behaviours[0]).toMatchObject({
      id: 'starts',
      outcome: 'fail',
      failure: { kind: 'exited-early', trail: [{ what: 'node src/worker.ts' }] },
    });
    expect(behaviours[0]?.failure?.appOutput?.join('\n')).toContain('CONCURRENCY is not set');
  });

  it('fails the start when its file is not there', async () => {
    const { behaviours } = await checkWith(null);
    expect(behaviours[0]).toMatchObject({ outcome: 'fail', failure: { seen: 'src/worker.ts is not there' } });
  });

  it('is named when it has ended in the middle of the work, and what comes of that is not taken for the fault', async () => {
    const { behaviours } = await checkWith(givesUp);
    const failure = behaviours.find(({ outcome }) => outcome === 'fail')?.failure;
    expect(failure).toMatchObject({ kind: 'crashed', expected: 'the worker to keep running' });
    expect(failure?.appOutput?.join('\n')).toContain('one job is enough');
  });

  it('must obey SIGTERM as the instances must', async () => {
    const { behaviours } = await checkWith(ignoresSigterm);
    expect(behaviours.find(({ outcome }) => outcome === 'fail')).toMatchObject({
      id: 'stops',
      failure: { kind: 'ignored-sigterm', trail: [{ what: 'SIGTERM to the worker' }] },
    });
  });
});
