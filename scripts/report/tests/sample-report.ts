import type { LoadRecord, LoadResult } from '../../../checks/harness/model/result.ts';
import type { Report } from '../page.ts';

/** Draws the same numbers from 0 to 1 every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A load of five seconds. */
function recordOf(seed: number, slowestMs: number, badEvery: number, more: 'supplierCalls' | 'statements'): LoadRecord {
  const draw = numbers(seed);
  const answers = Array.from({ length: 200 }, (_, index): [number, number, number] => [
    index * 25,
    Math.round(slowestMs * draw() ** 4 * 100) / 100,
    (index + 1) % badEvery === 0 ? 503 : 200,
  ]);
  const samples = Array.from({ length: 20 }, (_, index) => ({
    atMs: 250 * (index + 1),
    requests: 10,
    // A blocked loop answers now and then.
    ...(slowestMs > 1_000 && index % 3 > 0 ? {} : { eventLoopDelayP99Ms: Math.round(slowestMs * draw()) }),
    [more]: Math.floor(20 * draw()),
  }));
  return { sampleMs: 250, samples, answers };
}

function loadOf(record: LoadRecord, measuredMs: [number, number], more: Partial<LoadResult>): LoadResult {
  const targets = [
    { title: 'p95 of GET /<seats>', endpoint: 'GET /<seats>', atMostMs: 80 },
    { title: 'p95 of GET /events?limit=50', endpoint: 'GET /events?limit=50', atMostMs: 3_000 },
  ].map((target, index) => {
    const ms = measuredMs[index] ?? 0;
    return { ...target, measuredMs: ms, met: ms <= target.atMostMs };
  });
  return { outcome: 'pass', elapsedMs: 9_000, requests: 200, seconds: 5.1, targets, record, ...more };
}

/** A report of three runs, made up: the starter is slow and refuses some. `more` is what its lesson counts besides. */
export function sampleReport(more: 'supplierCalls' | 'statements' = 'supplierCalls'): Report {
  const failure = {
    kind: 'target' as const,
    trail: [],
    expected: 'a 2xx answer to every request',
    seen: '40 answers were 503 & "worse"',
    because: '',
    lookAt: '',
  };
  return {
    lesson: {
      number: 7,
      folder: '07-sample',
      title: 'A <search> never blocks "the door"',
      targets: [
        { title: 'p95 of GET /<seats>', endpoint: 'GET /<seats>', statistic: 'p95', atMostMs: 80 },
        { title: 'p95 of GET /events?limit=50', endpoint: 'GET /events?limit=50', statistic: 'p95', atMostMs: 3_000 },
      ],
    },
    at: '2026-11-20T10:00:00.000Z',
    machine: { cores: 2, node: 'v26.10.0', platform: 'linux' },
    loads: [
      { name: 'starter', load: loadOf(recordOf(7, 5_000, 5, more), [912, 3_512], { outcome: 'fail', failure }) },
      { name: 'yours', load: loadOf(recordOf(11, 60, 1_000, more), [41, 207], { note: 'one search costs 297 ms' }) },
      { name: 'solution', load: loadOf(recordOf(13, 30, 1_000, more), [22, 109], {}) },
    ],
  };
}
