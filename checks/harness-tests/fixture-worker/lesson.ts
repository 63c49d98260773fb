import type { Lesson } from '../../harness/model/lesson.ts';

/** A lesson whose app has a worker beside its instances: what visitors leave in Redis is done by it. */
export default {
  number: 96,
  folder: 'harness-tests/fixture-worker',
  title: 'The harness runs a process more',
  minutes: 1,
  change: 'misbehaving apps → judged ones',
  services: ['redis'],
  instances: 2,
  worker: 'src/worker.ts',
  env: { JOBS: 'jobs' },
  starterFails: [],
  tryIt: [],
  targets: [],
} satisfies Lesson as Lesson;
