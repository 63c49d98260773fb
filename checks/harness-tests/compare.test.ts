import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import lesson from '../01-measure-first/lesson.ts';
import { type Block, ruleOn } from '../harness/measure/ruling.ts';
import { Inconclusive } from '../harness/model/verdict.ts';
import { BadAnswer, ClosedLoop } from '../harness/net/closed-loop.ts';
import { repoDir } from '../harness/os/run.ts';
import { Environment } from '../harness/runner/environment.ts';
import { Stage } from '../harness/runner/stage.ts';
import { compareCost } from '../harness/sdk/compare-cost.ts';
import { appsDir } from './check-fixture.ts';
import fixture from './fixture/lesson.ts';
import { fakeRun, survivors } from './services/fake-run.ts';

const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value);
/** Ours costs 2, the starter 20. */
const block = (first: number, second = first): Block => ({ learner: [first, second], solution: [2, 2], starter: 20 });

describe('the ruling on what an app costs', () => {
  it('waits for a lead of four votes', () => {
    expect(ruleOn([block(2)])).toEqual({ state: 'undecided' });
    expect(ruleOn(times(2, block(2)))).toMatchObject({ state: 'within' });
    expect(ruleOn([block(2), block(2, 19), block(2)])).toMatchObject({ state: 'within' });
    expect(ruleOn([block(2, 19), block(2, 19)])).toEqual({ state: 'undecided' });
  });

  it('draws the limit half-way between starter and solution, in times', () => {
    const { limitOfStarter } = ruleOn(times(2, block(2))) as { limitOfStarter: number };
    expect(limitOfStarter).toBeCloseTo(1 / Math.sqrt(10));
    expect(ruleOn(times(2, block(6.2)))).toMatchObject({ state: 'within' });
    expect(ruleOn(times(2, block(6.5)))).toMatchObject({ state: 'beyond' });
  });

  it('takes the limit of a lesson instead', () => {
    expect(ruleOn(times(2, block(4.9)), 0.25)).toMatchObject({ state: 'within' });
    expect(ruleOn(times(2, block(5.1)), 0.25)).toMatchObject({ state: 'beyond' });
  });

  it('says what the app and our solution cost of what the starter does', () => {
    const ruling = ruleOn(times(2, block(4)));
    expect(ruling).toMatchObject({ learnerOfStarter: 0.2, solutionOfStarter: 0.1 });
  });

  it('compares neighbours, so a machine that becomes slower meanwhile bends nothing', () => {
    const slower: Block = { learner: [2, 2.4], solution: [2, 2.4], starter: 22 };
    expect(ruleOn(times(2, slower))).toMatchObject({ state: 'within' });
  });

  it('judges an app that is far from the limit even where our solution differs from itself', () => {
    // Seen once in ten on a machine that did nothing else: the app at 83 % of the starter, ours at 1.34 times itself.
    const far: Block = { learner: [16, 17], solution: [1.2, 1.61], starter: 20 };
    expect(ruleOn(times(2, far), 0.25)).toMatchObject({ state: 'beyond' });
    const close: Block = { learner: [5.5, 7.4], solution: [1.2, 1.61], starter: 20 };
    expect(ruleOn(times(2, close), 0.25)).toEqual({ state: 'undecided' });
  });

  it.each([
    ['the votes stay close', times(8, block(2, 19)), /8 of 16 measurements/],
    ['our solution differs from itself', times(8, { ...block(2), solution: [2, 5] as const }), /itself, came to 2\.50/],
    ['the starter costs hardly more', times(8, { ...block(2), starter: 3.4 }), /the starter cost only 1\.7 times/],
  ])('is inconclusive after sixteen pairs when %s, and not before', (_what, blocks, reason) => {
    expect(ruleOn(blocks)).toEqual({ state: 'inconclusive', reason: expect.stringMatching(reason) });
    expect(ruleOn(blocks.slice(0, 7))).toEqual({ state: 'undecided' });
  });
});

describe('the closed loop', { timeout: 60_000 }, () => {
  it('counts the turns and reads the CPU time of every process of the app', async () => {
    await using run = fakeRun();
    await using environment = await Environment.start({ lesson: fixture, subjectDir: `${appsDir}many-threads`, run });
    const [app] = environment.instances;
    if (!app) throw new Error('no instance');
    const loop = new ClosedLoop(app.url, () => [{ path: '/' }], 4);
    expect(await loop.run({ atLeastTurns: 10 })).toBe(10);
    const before = await app.probe.cpuMs();
    const turns = await loop.run({ forMs: 300 });
    // The work is done by its children: the main process, which is the one that was started, has next to none.
    expect((await app.probe.cpuMs()) - before).toBeGreaterThan(turns);
  });

  it('names the call that was not answered with 2xx', async () => {
    await using run = fakeRun();
    await using environment = await Environment.start({ lesson: fixture, subjectDir: `${appsDir}right`, run });
    const loop = new ClosedLoop(environment.instances[0]?.url ?? '', () => [{ path: '/secret' }], 2);
    await expect(loop.run({ atLeastTurns: 1 })).rejects.toThrow(BadAnswer);
    await expect(loop.run({ atLeastTurns: 1 })).rejects.toThrow(/^GET \/secret\t401/);
  });

  it('keeps no connection from one run to the next: an app that was idle meanwhile may be about to close it', async () => {
    let resting = 0;
    const accepted = new WeakMap<Socket, number>();
    const app = createServer((request, response) => {
      // As an app does whose idle seconds are over in the moment in which the request arrives.
      if (accepted.get(request.socket) !== resting) request.socket.destroy();
      else response.end();
    }).on('connection', (socket) => accepted.set(socket, resting));
    await once(app.listen(0, '127.0.0.1'), 'listening');
    const { port } = app.address() as AddressInfo;
    const loop = new ClosedLoop(`http://127.0.0.1:${port}`, () => [{ method: 'PUT', path: '/', body: {} }], 4);
    try {
      await loop.run({ atLeastTurns: 40 });
      resting++;
      expect(await loop.run({ atLeastTurns: 40 })).toBe(40);
    } finally {
      app.closeAllConnections();
      app.close();
    }
  });
});

describe('the comparison of costs', { timeout: 60_000 }, () => {
  const subjectDir = join(repoDir, 'solutions', lesson.folder);
  const comparison = { what: 'CPU time', turn: () => [{ path: '/events?city=Oslo' }] };

  it('judges nobody when it takes too long on a machine that others keep busy', async () => {
    await using run = fakeRun();
    await using environment = await Environment.start({ lesson, subjectDir, run });
    const t = new Stage(environment, { because: '', lookAt: '' });
    const watch = { otherCoresBusy: () => 64 };
    await expect(compareCost(t, comparison, { watch, timeMs: 30 })).rejects.toThrow(Inconclusive);
    await t.close();
    // They were still starting when the time was over.
    expect(survivors(run)).toHaveLength(environment.instances.length);
  });
});
