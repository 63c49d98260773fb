import type { Lesson } from '../../harness/model/lesson.ts';

/** A lesson whose check is an exam: two parts and a rule. */
export default {
  number: 99,
  folder: 'harness-tests/fixture-exam',
  title: 'The harness gives points',
  change: 'misbehaving apps → apps with a score',
  minutes: 1,
  services: [],
  instances: 1,
  env: {},
  starterFails: ['files'],
  tryIt: [],
  targets: [],
  exam: { passAt: 80 },
} satisfies Lesson as Lesson;
