import type { Lesson } from '../../harness/model/lesson.ts';

/** A lesson whose check has a request under way when it fails for something else. */
export default {
  number: 96,
  folder: 'harness-tests/fixture-floats',
  title: 'The harness fails early',
  minutes: 1,
  change: 'misbehaving apps → judged ones',
  services: [],
  instances: 1,
  env: {},
  starterFails: [],
  tryIt: [],
  targets: [],
} satisfies Lesson as Lesson;
