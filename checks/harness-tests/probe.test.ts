import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Probe } from '../harness/measure/probe/probe.ts';
import { ProbeServer } from '../harness/measure/probe/probe-server.ts';

/** An app whose event loop is held for 60 ms at a time when its standard input says so. */
const source = `
  let held = false;
  process.stdin.on('data', () => {
    held = !held;
    process.stdout.write('done');
  });
  setInterval(() => {
    if (!held) return;
    const used = process.cpuUsage();
    for (let now = used; (now = process.cpuUsage(used)).user + now.system < 60_000; );
  }, 20);
  process.stdout.write('ready');
`;

/** An app that tries to connect to a port when its standard input says so. */
const dialsOnRequest = `
  const { connect } = require('node:net');
  process.stdin.on('data', () => connect(Number(process.argv[1]), '127.0.0.1').on('error', () => process.stdout.write('refused')));
  process.stdout.write('ready');
`;

/** An app that waits for two minutes when its standard input says so, in both of Node's ways. */
const waitsOnRequest = `
  const timers = require('node:timers/promises');
  process.stdin.on('data', () => setTimeout(() => timers.setTimeout(60_000).then(() => {
    AbortSignal.timeout(60_000).addEventListener('abort', () => process.stdout.write('over'));
  }), 60_000));
  process.stdout.write('ready');
`;

/** A server that keeps its requests, and starts a timer and makes a Buffer for each. */
const keepsRequests = `
  const kept = [];
  const server = require('node:http').createServer((req, res) => {
    if (req.url === '/keep') kept.push(req, Buffer.alloc(1_000_000), 'x'.repeat(200_000).split('').join('-'), setInterval(() => {}, 60_000));
    res.end();
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(String(server.address().port)));
`;

describe('the probe', () => {
  let server: ProbeServer;
  let app: ChildProcess;
  let probe: Probe;

  beforeAll(async () => {
    server = await ProbeServer.start();
    app = spawn(process.execPath, ['-e', source], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...server.env('app1') },
    });
    await once(app.stdout as NodeJS.ReadableStream, 'data');
    probe = server.probeOf('app1', app.pid as number);
    await probe.read();
  });

  afterAll(async () => {
    app.kill('SIGKILL');
    await server[Symbol.asyncDispose]();
  });

  const toggle = async () => {
    app.stdin?.write('toggle');
    await once(app.stdout as NodeJS.ReadableStream, 'data');
  };

  it('tells for how long the loop is held by what runs on it', async () => {
    await probe.reset();
    await toggle();
    await delay(700); // The window that is measured.
    const { eventLoopHeld, eventLoopDelay } = await probe.read();
    await toggle();
    expect(eventLoopHeld.p99).toBeGreaterThan(35);
    expect(eventLoopDelay.p99).toBeGreaterThan(35);
  });

  it('does not call a loop held that is late because its thread gets no core', async () => {
    await probe.reset();
    for (let pause = 0; pause < 8; pause++) {
      app.kill('SIGSTOP'); // What a busy machine does, made certain.
      await delay(80);
      app.kill('SIGCONT');
      await delay(20);
    }
    const { eventLoopHeld, eventLoopDelay } = await probe.read();
    expect(eventLoopDelay.p99).toBeGreaterThan(40);
    expect(eventLoopHeld.p99).toBeLessThan(5);
  });

  it('tells when an app tries to connect to a port that is closed', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const dialling = spawn(process.execPath, ['-e', dialsOnRequest, String(port)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...server.env('app3') },
    });
    try {
      await once(dialling.stdout, 'data');
      const { dials } = server.probeOf('app3', dialling.pid as number);
      expect(await dials(port)).toEqual([]);
      for (let time = 1; time <= 2; time++) {
        dialling.stdin.write('dial');
        await once(dialling.stdout, 'data');
        expect(await dials(port)).toHaveLength(time);
      }
      expect(await dials(port + 1)).toEqual([]);
    } finally {
      dialling.kill('SIGKILL');
    }
  });

  it('has the timers of an app end sooner', async () => {
    const waiting = spawn(process.execPath, ['-e', waitsOnRequest], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...server.env('app4') },
    });
    try {
      await once(waiting.stdout, 'data');
      await server.probeOf('app4', waiting.pid as number).hurry(1_000);
      waiting.stdin.write('wait');
      const [said] = await once(waiting.stdout, 'data');
      expect(String(said)).toBe('over');
    } finally {
      waiting.kill('SIGKILL');
    }
  });

  it('survives an app that dies with a question unread', async () => {
    const [port = ''] = (server.env('app2').ENCORE_PROBE ?? '').split('/');
    const dying = connect(Number(port), '127.0.0.1');
    dying.write('{"app":"app2","pid":1}\n');
    await once(dying, 'connect');
    const answer = server.probeOf('app2', 1).read();
    answer.catch(() => {});
    await delay(100);
    dying.resetAndDestroy(); // An error that nobody hears would end the check, and Vitest would say so here.
    await delay(100);
    expect((await probe.read()).cpuMs).toBeGreaterThan(0);
  });
});

describe('an exception that nobody can catch', () => {
  it('is thrown in the app’s process, and ends one that does nothing about it', async () => {
    await using server = await ProbeServer.start();
    const app = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000); process.stdout.write("ready")'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...server.env('app1') },
    });
    await once(app.stdout as NodeJS.ReadableStream, 'data');
    const printed = text(app.stderr as NodeJS.ReadableStream);
    await server.probeOf('app1', app.pid as number).throwInTimer();
    expect(await once(app, 'exit')).toEqual([1, null]);
    expect(await printed).toContain('thrown in a timer of this process by the check');
  });
});

describe('what a process holds', () => {
  it('is counted after a collection: the heap, Buffers outside of it, timers and requests, without a word on its output', async () => {
    await using server = await ProbeServer.start();
    const app = spawn(process.execPath, ['-e', keepsRequests], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...server.env('app1') },
    });
    try {
      const printed: string[] = [];
      app.stderr.on('data', (chunk) => printed.push(String(chunk)));
      const [port] = await once(app.stdout, 'data');
      const probe = server.probeOf('app1', app.pid as number);
      const ask = async (path: string, times: number) => {
        for (let n = 0; n < times; n++) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
      };
      await ask('/keep', 1);
      await ask('/drop', 5);
      const [before, requests] = [await probe.heldAfterGc(), await probe.requestObjects()];
      await ask('/drop', 5);
      const dropped = await probe.heldAfterGc();
      expect(await probe.requestObjects()).toBeLessThanOrEqual(requests + 1);
      expect(dropped.external - before.external).toBeLessThan(500_000);
      await ask('/keep', 5);
      const kept = await probe.heldAfterGc();
      expect((await probe.requestObjects()) - requests).toBeGreaterThanOrEqual(5);
      expect(kept.external - dropped.external).toBeGreaterThan(4_500_000);
      expect(kept.heapUsed - dropped.heapUsed).toBeGreaterThan(1_500_000);
      expect((kept.resources.Timeout ?? 0) - (before.resources.Timeout ?? 0)).toBe(5);
      expect(printed.join('')).toBe('');
    } finally {
      app.kill('SIGKILL');
    }
  });
});
