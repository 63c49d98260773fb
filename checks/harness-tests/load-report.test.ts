import { describe, expect, it } from 'vitest';
import type { ArtilleryReport } from '../harness/load/artillery.ts';
import { readAnswers, readTargets } from '../harness/load/report.ts';
import { Inconclusive } from '../harness/model/verdict.ts';

/** A report as Artillery 2.0.34 writes it, with other counters. */
const report = (counters: Record<string, number>, summaries: ArtilleryReport['summaries'] = {}): ArtilleryReport => ({
  counters: {
    'vusers.created': 5,
    'vusers.completed': 5,
    'http.requests': 10,
    'http.responses': 10,
    'http.codes.200': 10,
    ...counters,
  },
  summaries,
  firstMetricAt: 1_000,
  lastMetricAt: 3_000,
});

describe('the answers of a load run', () => {
  it('are good when every request was answered with 2xx', () => {
    expect(readAnswers(report({}))).toEqual({ requests: 10, seconds: 2, excusable: false });
  });
  it('are bad, whatever the machine does, when some are 4xx', () => {
    expect(readAnswers(report({ 'http.codes.200': 7, 'http.codes.401': 3 }), [401]).failure).toBeUndefined();
    const { failure, excusable } = readAnswers(report({ 'http.codes.200': 7, 'http.codes.401': 3 }));
    expect(failure?.seen).toBe('3 answers were 401');
    expect(excusable).toBe(false);
  });
  it('may be excused by a busy machine when some are 503 or time out', () => {
    expect(readAnswers(report({ 'http.codes.503': 3 })).excusable).toBe(true);
    const timedOut = readAnswers(
      report({ 'http.responses': 9, 'errors.ETIMEDOUT': 1, 'vusers.completed': 4, 'vusers.failed': 1 }),
    );
    expect(timedOut).toMatchObject({ excusable: true, failure: { seen: '1 requests ended with ETIMEDOUT' } });
  });
  it('are bad when virtual users did not finish, although Artillery counted no error', () => {
    expect(readAnswers(report({ 'vusers.completed': 4 })).failure?.seen).toBe('1 virtual users did not finish');
  });
  it('say nothing when the generator sent nothing or left users out', () => {
    expect(() => readAnswers(report({ 'vusers.created': 0, 'http.requests': 0 }))).toThrow(Inconclusive);
    expect(() => readAnswers(report({ 'vusers.skipped': 2 }))).toThrow(Inconclusive);
  });
});

describe('a target', () => {
  const summaries = {
    'plugins.metrics-by-endpoint.response_time.GET /': { count: 10, median: 3, p95: 120, p99: 200, max: 201 },
  };
  const target = { title: 'p95 of GET /', endpoint: 'GET /', statistic: 'p95' as const };
  it('is met up to its figure and missed above it', () => {
    expect(readTargets(report({}, summaries), [{ ...target, atMostMs: 120 }])[0]?.met).toBe(true);
    expect(readTargets(report({}, summaries), [{ ...target, atMostMs: 119 }])[0]?.met).toBe(false);
  });
  it("is left out when nobody measured it, so that it can't pass", () => {
    expect(readTargets(report({}), [{ ...target, atMostMs: 120 }])).toEqual([]);
  });
});
