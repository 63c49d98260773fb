import { beforeEach, describe, expect, it, vi } from 'vitest';
import { judgeLoad, type LoadFinding } from '../harness/load/judge.ts';
import type { Lesson } from '../harness/model/lesson.ts';
import type { Failure } from '../harness/model/verdict.ts';
import type { Environment } from '../harness/runner/environment.ts';

const order: string[] = [];
let report: unknown;

vi.mock('../harness/load/artillery.ts', () => ({
  runArtillery: async () => {
    order.push('load');
    return report;
  },
}));

const balancer = { url: 'http://127.0.0.1:1', takeAnswers: () => [], stripSecure: false };
const environment = {
  balancer,
  door: balancer,
  assertServicesAlive: async () => {},
  crash: () => undefined,
  instances: [],
} as unknown as Environment;
const lesson = {
  folder: 'fixture',
  targets: [{ title: 'p95 of GET /', endpoint: 'GET /', statistic: 'p95', atMostMs: 100 }],
} as unknown as Lesson;

/** A report of ten good answers with this p95. */
const answered = (p95: number) => ({
  counters: { 'vusers.created': 1, 'vusers.completed': 1, 'http.requests': 10, 'http.responses': 10 },
  summaries: { 'plugins.metrics-by-endpoint.response_time.GET /': { count: 10, median: 1, p95, p99: p95, max: p95 } },
  firstMetricAt: 0,
  lastMetricAt: 1_000,
});

function watching(finding: LoadFinding) {
  return {
    watch: async () => {
      order.push('watch');
      return async () => {
        order.push('finding');
        return finding;
      };
    },
  };
}

const failure: Failure = { kind: 'target', trail: [], expected: '9', seen: '84 calls', because: '', lookAt: '' };

describe('what a load is watched for', () => {
  beforeEach(() => {
    order.length = 0;
    report = answered(10);
  });

  it('is begun before the load and judged after it, and its note is printed', async () => {
    const result = await judgeLoad(lesson, environment, { note: 'scaled', ...watching({ note: '10 calls' }) });
    expect(order).toEqual(['watch', 'load', 'finding']);
    expect(result).toMatchObject({ outcome: 'pass', note: 'scaled; 10 calls' });
  });

  it('fails a load whose targets are all met, at once and without a second run', async () => {
    const result = await judgeLoad(lesson, environment, watching({ note: '84 calls', failure }));
    expect(result).toMatchObject({ outcome: 'fail', failure: { seen: '84 calls' }, note: '84 calls' });
    expect(order).toEqual(['watch', 'load', 'finding']);
  });

  it('does not save a load that missed a target', async () => {
    report = answered(500);
    const result = await judgeLoad(lesson, environment, {
      phases: [{ duration: 1, arrivalRate: 1 }],
      ...watching({ note: 'nothing' }),
    });
    expect(result.outcome).not.toBe('pass');
  });

  it('is judged all the same when nothing can be recorded for the pictures', async () => {
    const takeAnswers = () => {
      throw new Error('no record');
    };
    const door = { ...balancer, takeAnswers };
    const result = await judgeLoad(lesson, { ...environment, door } as unknown as Environment, {});
    expect(result).toMatchObject({ outcome: 'pass', requests: 10 });
    expect(result).not.toHaveProperty('record');
  });

  it('is a fault of the workshop when it throws', async () => {
    const watch = async () => {
      throw new Error('the watch broke');
    };
    const result = await judgeLoad(lesson, environment, { watch });
    expect(result).toMatchObject({ outcome: 'inconclusive', reason: expect.stringContaining('the watch broke') });
  });
});
