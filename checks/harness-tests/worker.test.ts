import { describe, expect, it } from 'vitest';
import { checkApp, runningApps } from './check-fixture.ts';

const worker = 'FIXTURE=fixture-worker';

describe.concurrent('a process of the app beside its instances', { timeout: 120_000 }, () => {
  it('is started, killed, restarted and stopped with them, and one more can be started', async () => {
    const { verdict, behaviours } = await checkApp('with-worker', worker, '--no-load');
    expect(behaviours.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
    expect(verdict).toBe('pass');
    expect(runningApps('with-worker')).toEqual([]);
  });

  it('fails the start when it ends by itself, with its own lines', async () => {
    const { behaviours } = await checkApp('worker-throws', worker);
    expect(behaviours[0]).toMatchObject({
      id: 'starts',
      outcome: 'fail',
      failure: { kind: 'exited-early', trail: [{ what: 'node src/worker.ts' }] },
    });
    expect(behaviours[0]?.failure?.appOutput?.join('\n')).toContain('CONCURRENCY is not set');
    expect(runningApps('worker-throws')).toEqual([]);
  });

  it('fails the start when its file is not there', async () => {
    const { behaviours } = await checkApp('no-worker', worker);
    expect(behaviours[0]).toMatchObject({ outcome: 'fail', failure: { seen: 'src/worker.ts is not there' } });
  });

  it('is named when it has ended in the middle of the work, and what comes of that is not taken for the fault', async () => {
    const { behaviours } = await checkApp('worker-gives-up', worker);
    const failure = behaviours.find(({ outcome }) => outcome === 'fail')?.failure;
    expect(failure).toMatchObject({ kind: 'crashed', expected: 'the worker to keep running' });
    expect(failure?.appOutput?.join('\n')).toContain('one job is enough');
  });

  it('must obey SIGTERM as the instances must', async () => {
    const { behaviours } = await checkApp('worker-ignores-sigterm', worker);
    expect(behaviours.find(({ outcome }) => outcome === 'fail')).toMatchObject({
      id: 'stops',
      failure: { kind: 'ignored-sigterm', trail: [{ what: 'SIGTERM to the worker' }] },
    });
    expect(runningApps('worker-ignores-sigterm')).toEqual([]);
  });
});
