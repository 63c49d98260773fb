import type { Lesson } from '../../harness/model/lesson.ts';

/** A lesson whose app is started by PM2. */
export default {
  number: 95,
  folder: 'harness-tests/fixture-pm2',
  title: 'The harness starts a process manager',
  minutes: 1,
  change: 'misbehaving apps → judged ones',
  services: [],
  ecosystem: 'ecosystem.config.cjs',
  instances: 1,
  // So often would it measure the machine, too.
  env: { PM2_WORKER_INTERVAL: '100' },
  starterFails: [],
  tryIt: [],
  targets: [],
} satisfies Lesson as Lesson;
