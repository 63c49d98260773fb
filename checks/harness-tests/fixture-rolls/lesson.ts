import type { Lesson } from '../../harness/model/lesson.ts';

/** A lesson whose instances are deployed one after the other. */
export default {
  number: 97,
  folder: 'harness-tests/fixture-rolls',
  title: 'The harness deploys apps',
  minutes: 1,
  change: 'misbehaving apps → judged ones',
  services: [],
  instances: 2,
  balancer: { readiness: { path: '/', everyMs: 50 }, keepsIdleMs: 5_000 },
  env: {},
  starterFails: [],
  tryIt: [],
  targets: [],
} satisfies Lesson as Lesson;
