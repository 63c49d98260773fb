import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startApp } from '../harness/app/start-app.ts';
import { pulseOf } from '../harness/measure/pulse.ts';
import { freePort } from '../harness/os/ports.ts';
import { commandOf } from '../harness/os/processes.ts';
import type { Run } from '../harness/os/run.ts';
import { appsDir } from './check-fixture.ts';
import { fakeRun } from './services/fake-run.ts';

const options = (run: Run, app: string) => ({ run, dir: appsDir + app, env: {}, name: 'instance 1' });

describe.skipIf(process.platform === 'win32')('an app that is started under another command', () => {
  it('is that process itself, not a child of it', async () => {
    await using run = fakeRun();
    await using app = await startApp({ ...options(run, 'right'), under: ['env', 'ONE_MORE=1'] });
    expect(commandOf(app.pid)).toMatch(/node\S* src\/server\.ts$/);
    expect((await fetch(app.url)).status).toBe(200);
    expect(app.startedInMs).toBeGreaterThan(1);
    expect(await app.stop()).toBeUndefined();
  });
});

describe.skipIf(process.platform !== 'linux')('a process that wants a core', () => {
  it('is told from one that rests', async () => {
    const start = (code: string) => spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
    const [resting, busy] = [start('setInterval(() => {}, 10)'), start('for (;;);')];
    try {
      const later = async (pid = -1) => {
        const before = pulseOf(pid);
        await new Promise((resolve) => setTimeout(resolve, 200));
        return { wantsCore: pulseOf(pid)?.wantsCore, slept: pulseOf(pid)?.sleeps !== before?.sleeps };
      };
      await expect.poll(() => later(busy.pid), { timeout: 5_000 }).toEqual({ wantsCore: true, slept: false });
      await expect.poll(() => later(resting.pid), { timeout: 5_000 }).toMatchObject({ slept: true });
    } finally {
      resting.kill('SIGKILL');
      busy.kill('SIGKILL');
    }
  });
});

describe.skipIf(process.platform === 'win32')('the processes of an app', () => {
  it('are never taken from a look that is older than the app', async () => {
    await using run = fakeRun();
    await using first = await startApp(options(run, 'right'));
    expect(first.tree(60_000).map(({ pid }) => pid)).toEqual([first.pid]);
    await using second = await startApp(options(run, 'right'));
    expect(second.tree(60_000).map(({ pid }) => pid)).toEqual([second.pid]);
  });
  it('are looked at once by all who look at the same moment, and anew by who wants that', async () => {
    await using run = fakeRun();
    await using app = await startApp(options(run, 'right'));
    const [row] = app.tree(0);
    expect(app.tree(60_000)[0]).toBe(row);
    expect(app.tree(0)[0]).not.toBe(row);
  });
});

describe('an app that was told to end', () => {
  it('is of no use to the next behaviour, although its exit has not been seen yet', async () => {
    await using run = fakeRun();
    await using app = await startApp(options(run, 'right'));
    expect(app.spent).toBe(false);
    app.signal('SIGTERM');
    expect(app).toMatchObject({ exited: false, spent: true });
  });
});

describe('the port of an app', () => {
  /** Somebody else's server, which took the port just before the app could. */
  async function foreigner() {
    const server = createServer((_request, response) => response.end('not your app')).listen(0);
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
  }

  it('is drawn again when somebody else has taken it meanwhile', async () => {
    using other = await foreigner();
    const ports = [other.port, await freePort()];
    await using run = fakeRun();
    await using app = await startApp({
      ...options(run, 'right'),
      drawPort: async () => ports.shift() as number,
    });
    expect(app.port).not.toBe(other.port);
    expect(await (await fetch(app.url)).text()).not.toBe('not your app');
  });

  it.runIf(process.platform === 'linux')(
    'is not taken for the app’s when only somebody else listens there',
    async () => {
      using other = await foreigner();
      const ports = [other.port, await freePort()];
      await using run = fakeRun();
      const started = startApp({
        ...options(run, 'exits-early'),
        drawPort: async () => ports.shift() as number,
      });
      await expect(started).rejects.toMatchObject({ failure: { kind: 'exited-early' } });
      expect(ports).toEqual([]);
    },
  );

  it('is none that the system gives out by itself', async () => {
    for (let draw = 0; draw < 20; draw++) expect(await freePort()).toBeLessThan(32_768);
  });
});
