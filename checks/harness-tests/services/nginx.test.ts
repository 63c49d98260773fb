import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BehaviourFailure } from '../../harness/model/verdict.ts';
import { plainRequest } from '../../harness/net/plain-request.ts';
import { processTable } from '../../harness/os/processes.ts';
import { needed } from '../../harness/services/debian/packaged.ts';
import { nginxPackage } from '../../harness/services/nginx/packaged.ts';
import { type RequestHead, RequestHeads } from '../../harness/services/nginx/request-heads.ts';
import { fakeRun, survivors } from './fake-run.ts';
import { configWith, openWith, twoInstances } from './nginx-fixture.ts';

const limit = { timeout: 80_000 };

describe('nginx in front of an app', () => {
  it('answers from its folder, asks both instances, and what it sends them is seen', limit, async (context) => {
    await using run = fakeRun();
    await using app = await twoInstances();
    await using nginx = await openWith(context, run, configWith('location /static/ { root .; }'));
    nginx.setTargets(app.targets);
    expect(nginx.label).toMatch(/^nginx \d+\.\d+\.\d+ \((PATH|Debian package)\)$/);
    expect(await plainRequest(`${nginx.url}/static/hello.txt`)).toMatchObject({ status: 200, text: 'hello\n' });
    const texts = new Set<string>();
    for (let n = 0; n < 6; n++) texts.add((await plainRequest(`${nginx.url}/a?n=${n}`)).text);
    expect([...texts].sort()).toEqual(['1 GET 0', '2 GET 0']);
    await plainRequest(`${nginx.url}/orders`, { method: 'POST', body: { seats: 2 } });
    expect(nginx.seen().map(({ method, path, version }) => `${method} ${path} ${version}`)).toEqual([
      ...[0, 1, 2, 3, 4, 5].map((n) => `GET /a?n=${n} 1.1`),
      'POST /orders 1.1',
    ]);
    expect(nginx.connections().soFar).toBe(2);
    nginx.forget();
    expect(nginx.seen()).toEqual([]);
  });

  it(
    'goes to the other instance when one is cut, and its connection can break once the app has a request',
    limit,
    async (context) => {
      await using run = fakeRun();
      await using app = await twoInstances();
      await using nginx = await openWith(context, run, configWith());
      nginx.setTargets(app.targets);
      await nginx.gates[0]?.door.cut();
      for (let n = 0; n < 4; n++) expect((await plainRequest(nginx.url)).text).toBe('2 GET 0');
      await nginx.restore();
      for (const gate of nginx.gates) gate.decide(({ method }) => (method === 'POST' ? 'break' : 'pass'));
      expect((await plainRequest(nginx.url, { method: 'POST', body: {} })).status).toBe(502);
      expect(nginx.seen()).toHaveLength(1);
      await nginx.restore();
      expect((await plainRequest(nginx.url, { method: 'POST', body: {} })).text).toMatch(/^[12] POST 2$/);
    },
  );

  it('reads its configuration anew on a reload, with new workers', limit, async (context) => {
    await using run = fakeRun();
    await using nginx = await openWith(context, run, configWith('location = /version { return 200 "one"; }'));
    const site = join(run.dir, readdirSync(run.dir).find((name) => name.startsWith('nginx-')) ?? '');
    writeFileSync(join(site, 'nginx.conf'), configWith('location = /version { return 200 "two"; }'));
    expect((await plainRequest(`${nginx.url}/version`)).text).toBe('one');
    await nginx.reload();
    // For a tenth of a second the old workers take connections, too, and may close one that has not said anything yet.
    let answer: string | undefined;
    for (const until = performance.now() + 5_000; answer !== 'two' && performance.now() < until; await delay(20))
      answer = await plainRequest(`${nginx.url}/version`).then(
        ({ text }) => text,
        () => undefined,
      );
    expect(answer).toBe('two');
  });

  it('blames the configuration that it does not take, with the line', limit, async (context) => {
    await using run = fakeRun();
    const opening = openWith(context, run, configWith('proxy_cash on;'));
    const error = await opening.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BehaviourFailure);
    const { failure } = error as BehaviourFailure;
    expect(failure.kind).toBe('exited-early');
    expect(failure.appOutput?.join('\n')).toMatch(/unknown directive "proxy_cash" in nginx\.conf:\d+/);
    expect(survivors(run)).toEqual([]);
  });

  it('is alive while it is started again, for whoever asks meanwhile', limit, async (context) => {
    await using run = fakeRun();
    await using nginx = await openWith(context, run, configWith());
    let isOver = false;
    const again = nginx.startAgain().finally(() => {
      isOver = true;
    });
    const seen = new Set<boolean>();
    while (!isOver) {
      seen.add(await nginx.alive());
      await delay(1);
    }
    await again;
    expect([...seen]).toEqual([true]);
    expect(await nginx.alive()).toBe(true);
  });

  it('leaves nothing when it is closed', limit, async (context) => {
    await using run = fakeRun();
    const nginx = await openWith(context, run, configWith());
    await nginx.close();
    expect(survivors(run)).toEqual([]);
    expect(readdirSync(run.dir).filter((name) => name.startsWith('nginx-'))).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('a check that is killed with SIGKILL', () => {
  it('leaves no nginx and no worker of it', limit, async (context) => {
    await using run = fakeRun();
    await (await openWith(context, run, configWith())).close(); // It is there, or the test is skipped.
    const harness = new URL('../../harness/', import.meta.url).href;
    const script = `
      const { openRun, cacheDir, repoDir } = await import('${harness}os/run.ts');
      const { openNginx } = await import('${harness}services/nginx/handle.ts');
      const run = await openRun();
      const lesson = { instances: 2 };
      const subjectDir = ${JSON.stringify(join(run.dir, 'app'))};
      await openNginx({ run, lesson, subjectDir, cacheDir, repoDir, env: process.env, onProgress() {} });
      console.log(run.dir);
      setInterval(() => {}, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [dir] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const masters = processTable().filter(({ ppid }) => ppid === child.pid);
    const family = processTable().filter(({ pid, ppid }) =>
      [pid, ppid].some((one) => masters.some((m) => m.pid === one)),
    );
    expect(family.length).toBeGreaterThanOrEqual(2);
    child.kill('SIGKILL');
    const left = () =>
      processTable().filter(({ pid, startedAt }) =>
        family.some((one) => one.pid === pid && one.startedAt === startedAt),
      );
    for (const until = performance.now() + 8_000; performance.now() < until && left().length > 0; await delay(50)) {}
    expect(left()).toEqual([]);
    for (const until = performance.now() + 8_000; performance.now() < until && existsSync(dir); await delay(50)) {}
    expect(existsSync(dir)).toBe(false);
  });
});

describe('the heads of requests', () => {
  const heads = (chunks: string[]) => {
    const found: RequestHead[] = [];
    const reader = new RequestHeads((head) => found.push(head));
    for (const chunk of chunks) reader.feed(Buffer.from(chunk));
    return found.map(({ method, path }) => `${method} ${path}`);
  };
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

  it('are found one after the other, however they are cut', () => {
    const text = `${get('/a')}${get('/b?c=1')}`;
    expect(heads([text])).toEqual(['GET /a', 'GET /b?c=1']);
    expect(heads([...text])).toEqual(['GET /a', 'GET /b?c=1']);
  });

  it('are not looked for in bodies, with a length or in chunks', () => {
    const body = get('/not-a-request');
    const sized = `POST /o HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const chunked = `POST /p HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const text = sized + chunked + get('/last');
    expect(heads([text])).toEqual(['POST /o', 'POST /p', 'GET /last']);
    expect(heads([...text])).toEqual(['POST /o', 'POST /p', 'GET /last']);
  });
});

describe('the packages of nginx', () => {
  it('are its program and the libraries that are missing', () => {
    const dependencies = new Map([
      ['nginx', [['libc6'], ['libpcre2-8-0'], ['iproute2'], ['nginx-common'], ['zlib1g']]],
      ['libpcre2-8-0', [['libc6']]],
    ]);
    expect(needed(nginxPackage, 'nginx', dependencies, new Set(['libc6']))).toEqual([
      'nginx',
      'libpcre2-8-0',
      'zlib1g',
    ]);
    expect(
      needed(nginxPackage, 'nginx', dependencies, new Set(['libc6', 'libpcre2-8-0', 'zlib1g', 'nginx-common'])),
    ).toEqual(['nginx']);
  });

  it('are those of nginx-core, where nginx itself only names others', () => {
    const dependencies = new Map([
      ['nginx', [['nginx-core', 'nginx-full', 'nginx-light']]],
      ['nginx-core', [['libc6'], ['libssl1.1'], ['libnginx-mod-http-geoip'], ['nginx-common']]],
    ]);
    expect(needed(nginxPackage, 'nginx', dependencies, new Set(['libc6']))).toEqual([
      'nginx',
      'nginx-core',
      'libssl1.1',
    ]);
  });
});
