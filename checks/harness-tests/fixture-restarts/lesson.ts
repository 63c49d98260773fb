import type { Lesson } from '../../harness/model/lesson.ts';

/** A lesson whose behaviours end the app, which is then started again for the next one. */
export default {
  number: 97,
  folder: 'harness-tests/fixture-restarts',
  title: 'The harness starts apps again',
  minutes: 1,
  change: 'misbehaving apps → judged ones',
  services: [],
  instances: 1,
  env: {},
  starterFails: [],
  tryIt: [],
  targets: [],
} satisfies Lesson as Lesson;
