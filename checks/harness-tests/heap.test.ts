import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Growth } from '../harness/measure/heap/growth.ts';
import { HeapSeries } from '../harness/measure/heap/series.ts';
import { readSnapshot } from '../harness/measure/heap/snapshot.ts';
import { taggedProcesses } from '../harness/os/processes.ts';
import { repoDir } from '../harness/os/run.ts';
import { appsDir } from './check-fixture.ts';
import { type FakeRun, fakeRun } from './services/fake-run.ts';

const program = fileURLToPath(new URL('./heap/keeps.ts', import.meta.url));
/** The line of the program on which a text stands. */
const lineOf = (text: string) =>
  readFileSync(program, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

describe('a heap that is known', () => {
  let run: FakeRun;
  let series: HeapSeries;
  let growth: Growth[];
  const file = (n: number) => join(run.dir, `${n}.heapsnapshot`);
  const grown = (phase: number) =>
    growth
      .filter((found) => found.phase === phase)
      .map(({ holder, constructorName, count }) => `${count} ${constructorName} in ${holder.expression}`)
      .sort();

  beforeAll(() => {
    run = fakeRun();
    const { status, stderr } = spawnSync(process.execPath, [program, run.dir], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    series = new HeapSeries('it', file(0));
    for (const n of [1, 2, 3]) series.add(file(n));
    growth = series.growth({ least: () => 500, isOwn: (address) => address.endsWith('/keeps.ts') });
  });
  afterAll(() => run[Symbol.asyncDispose]());

  it('is read as JSON.parse reads it', () => {
    const heap = readSnapshot(file(3));
    const json = JSON.parse(readFileSync(file(3), 'utf8'));
    const stride = json.snapshot.meta.node_fields.length;
    const nth = (array: number[], step: number, field: number) => array.filter((_, index) => index % step === field);
    expect([...heap.type]).toEqual(nth(json.nodes, stride, 0));
    expect([...heap.name]).toEqual(nth(json.nodes, stride, 1));
    expect([...heap.id]).toEqual(nth(json.nodes, stride, 2));
    expect([...heap.selfSize]).toEqual(nth(json.nodes, stride, 3));
    const counts = [...heap.firstEdge.subarray(1)].map((end, node) => end - (heap.firstEdge[node] as number));
    expect(counts).toEqual(nth(json.nodes, stride, 4));
    expect([...heap.edgeType]).toEqual(nth(json.edges, 3, 0));
    expect([...heap.edgeName]).toEqual(nth(json.edges, 3, 1));
    expect([...heap.edgeTo].map((node) => node * stride)).toEqual(nth(json.edges, 3, 2));
    expect(heap.strings).toEqual(json.strings);
    expect(heap.locations.size).toBe(json.locations.length / 4);
  });

  it('names the objects of a Map, the listeners of an emitter and timers, with what holds them', () => {
    expect(grown(1)).toEqual([
      '1000 Kept in kept',
      '1000 Timeout in timerListMap[…]',
      '1000 function in exported._events.tick',
    ]);
    const [map, timers, listeners] = ['Kept', 'Timeout', 'function'].map((name) =>
      growth.find(({ phase, constructorName }) => phase === 1 && constructorName === name),
    );
    const address = new URL(`file://${program}`).href;
    expect(map?.holder).toEqual({
      expression: 'kept',
      variable: { name: 'kept', file: address },
      constructorName: 'Map',
    });
    expect(map?.inside).toEqual(['Date']);
    expect(map?.bytes).toBeGreaterThan(50_000);
    expect(timers?.place).toEqual({ file: address, line: lineOf('setInterval(() =>') });
    expect(listeners?.place).toEqual({ file: address, line: lineOf("exported.on('tick'") });
    expect(listeners?.holder).toMatchObject({
      variable: { name: 'exported', file: address },
      constructorName: 'Array',
    });
  });

  it('says nothing of what is bounded, of garbage, and of what only one in three requests leaves', () => {
    expect(grown(2)).toEqual([]);
  });

  it('counts links of a chain, what a scope holds, what Node would also name by a timer, and no value of a WeakMap whose key is gone', () => {
    // The variable holds the first link, which holds all others.
    expect(grown(3)).toEqual(['1000 Recent in recent.data', '1000 Scoped in inside', '999 Link in chain']);
  });

  it('keeps the first snapshot and the last one', () => {
    expect(readdirSync(run.dir).sort()).toEqual(['0.heapsnapshot', '3.heapsnapshot']);
    expect(series.bytes.after).toBeGreaterThan(series.bytes.before);
  });
});

describe('npm run heap', { timeout: 120_000 }, () => {
  const script = fileURLToPath(new URL('../../scripts/workshop.js', import.meta.url));
  const argsFor = (app: string) => [script, 'heap', '1', '--subject', `${appsDir}${app}`, '--requests', '100'];

  it('names what each request leaves, with the line that holds it, and keeps both snapshots', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, argsFor('leaks'), { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/100 × PUT \/events\/:id\/price +200/);
    expect(stdout).toMatch(/100 × GET \/events\?city=, the client hangs up +left/);
    expect(stdout).toContain('2 places grow with the requests');
    expect(stdout).toMatch(/1 for each PUT \/events\/:id\/price \(100\)/);
    expect(stdout).toContain('held by prices, a Map in src/server.ts:9');
    expect(stdout).toMatch(/function onPrice[^●]*1 for each GET \/events\?city=, the client hangs up \(100\)/);
    expect(stdout).toContain('held by bus._events.price, an Array in src/server.ts:10');
    const [, written = ''] = /Written to (\S+):/.exec(stdout) ?? [];
    expect(readdirSync(join(repoDir, written)).sort()).toEqual(['after.heapsnapshot', 'before.heapsnapshot']);
    rmSync(join(repoDir, written), { recursive: true });
  });

  it('says so when the app does not start', () => {
    const { status, stdout } = spawnSync(process.execPath, argsFor('exits-early'), { encoding: 'utf8' });
    expect(stdout).toMatch(/The app did not start: it ended with exit code \d/);
    expect(status).toBe(1);
  });

  it('says so when the app ends on the way, with what it was asked and what it said', () => {
    const { status, stdout } = spawnSync(process.execPath, argsFor('throws-at-a-hang-up'), { encoding: 'utf8' });
    const words = stdout.replace(/\s+/g, ' ');
    expect(words).toContain(
      'The app was asked “GET /events?city=, the client hangs up”, and failed: it ended with exit code 1.',
    );
    expect(words).toContain('Error: the client has gone');
    expect(status).toBe(1);
  });

  it.skipIf(process.platform !== 'linux')('leaves nothing after a Ctrl-C', async () => {
    const tag = `C.${Math.random().toString(36).slice(2)}`;
    const env = { ...process.env, LANG: tag };
    const child = spawn(process.execPath, argsFor('leaks'), { stdio: ['ignore', 'pipe', 'pipe'], env });
    const said = text(child.stderr);
    for await (const line of createInterface({ input: child.stdout })) if (line.includes('× PUT')) break;
    expect(taggedProcesses(`LANG=${tag}`).length).toBeGreaterThan(1);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    expect(await said).toContain('Stopped. Nothing is left running.');
    await expect.poll(() => taggedProcesses(`LANG=${tag}`)).toEqual([]);
  });
});
