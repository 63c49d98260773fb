import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LoadRecorder } from '../harness/load/recorder.ts';
import type { LoadRecord } from '../harness/model/result.ts';
import type { SeenAnswer } from '../harness/net/balancer.ts';
import type { Environment } from '../harness/runner/environment.ts';

const resets = vi.fn(async () => {});
let answers: SeenAnswer[] = [];
let p99 = 5;
let supplierTotal = 100;
let statementsTotal = 50;

const probe = { read: async () => ({ eventLoopDelay: { p99 } }), reset: resets };
const door = {
  takeAnswers() {
    const taken = answers;
    answers = [];
    return taken;
  },
};

function environment(more: object = {}): Environment {
  return { door, instances: [{ probe }], ...more } as unknown as Environment;
}

/** An answer right now, which took so long. */
const answer = (ms: number, status = 200) => answers.push({ at: performance.now(), ms, status });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('the record of a load run', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    answers = [];
    p99 = 5;
    resets.mockClear();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('holds every answer with its time since the first and its status, and a sample for each quarter of a second', async () => {
    answer(1); // Before the load: a behaviour's.
    const recorder = new LoadRecorder(environment());
    await pass(1_000);
    answer(7.004);
    await pass(300);
    answer(9, 401);
    await pass(200);
    const record = recorder.stop() as LoadRecord;
    expect(record.answers).toEqual([
      [0, 7, 200],
      [300, 9, 401],
    ]);
    expect(record.samples.map(({ atMs, requests }) => [atMs, requests])).toEqual([
      [250, 1],
      [500, 1],
    ]);
    expect(record.samples.every(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms === 5)).toBe(true);
    expect(record.samples[0]).not.toHaveProperty('supplierCalls');
  });

  it('leaves the silence at the end out', async () => {
    const recorder = new LoadRecorder(environment());
    answer(7);
    await pass(5_000);
    expect(recorder.stop()?.samples).toHaveLength(1);
  });

  it('counts calls and statements from its start, also when somebody else begins a new count', async () => {
    const supplier = { total: async () => supplierTotal };
    const postgres = { statementsSent: () => statementsTotal };
    const recorder = new LoadRecorder(environment({ supplier, postgres }));
    for (const statements of [10, 20, -70, 5]) {
      answer(1);
      supplierTotal += 3;
      statementsTotal += statements;
      await pass(250);
    }
    const { samples } = recorder.stop() as LoadRecord;
    expect(samples.map((sample) => sample.statements)).toEqual([10, 20, 0, 5]);
    // What is asked at the end of a sample is answered in the next one.
    expect(samples.reduce((sum, sample) => sum + (sample.supplierCalls ?? 0), 0)).toBe(9);
  });

  it('has no figure of the event loop while that does not answer, and never asks twice at once', async () => {
    const read = vi.fn(() => new Promise<never>(() => {}));
    const recorder = new LoadRecorder(environment({ instances: [{ probe: { ...probe, read } }] }));
    for (let i = 0; i < 4; i++) {
      answer(1);
      await pass(250);
    }
    expect(recorder.stop()?.samples.some((sample) => 'eventLoopDelayP99Ms' in sample)).toBe(false);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('asks nothing any more when it ends: the app may be stopped the next moment', async () => {
    const read = vi.fn(probe.read);
    const recorder = new LoadRecorder(environment({ instances: [{ probe: { ...probe, read } }] }));
    answer(1);
    await pass(100);
    recorder.stop();
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('leaves the probe alone once it has ended', async () => {
    let tell = (_reading: object) => {};
    const read = () => new Promise<object>((resolve) => (tell = resolve));
    const recorder = new LoadRecorder(environment({ instances: [{ probe: { read, reset: resets } }] }));
    recorder.stop();
    tell({ eventLoopDelay: { p99: 1 } });
    await pass(10);
    expect(resets).not.toHaveBeenCalled();
  });

  it('keeps every n-th of very many answers', async () => {
    const recorder = new LoadRecorder(environment());
    for (let i = 0; i < 5_000; i++) answer(i);
    await pass(250);
    const record = recorder.stop() as LoadRecord;
    expect(record.answers).toHaveLength(1_667);
    expect(record.samples[0]?.requests).toBe(5_000);
  });

  it.each([
    ['nobody answered', environment()],
    ['the probe, the supplier and the database are all broken', broken()],
    ['the door is', environment({ door: { takeAnswers: fail } })],
  ])('is missing, and nothing is thrown, when %s', async (_what, env) => {
    const recorder = new LoadRecorder(env);
    await pass(1_000);
    expect(recorder.stop()).toBeUndefined();
  });
});

function fail(): never {
  throw new Error('broken');
}

function broken(): Environment {
  const refuse = async () => fail();
  return environment({
    instances: [{ probe: { read: refuse, reset: refuse } }],
    supplier: { total: refuse },
    postgres: { statementsSent: fail },
  });
}
