import type { Lesson } from '../../harness/model/lesson.ts';

/** A lesson whose services its own check kills. */
export default {
  number: 98,
  folder: 'harness-tests/fixture-services',
  title: 'Nobody is blamed for a dead service',
  change: 'misbehaving apps → judged ones',
  minutes: 1,
  services: ['redis', 'supplier'],
  supplier: { latencyMs: 0, atOnce: 20 },
  instances: 1,
  env: {},
  starterFails: [],
  tryIt: [],
  targets: [{ title: 'p95 of GET /redis', endpoint: 'GET /redis', statistic: 'p95', atMostMs: 1_000 }],
} satisfies Lesson as Lesson;
