import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'TODO a statement of what holds once the lesson is solved',
  change: 'TODO what it was → what it becomes',
  minutes: 30, // Of the core. They come from trials, rounded up.
  services: [],
  instances: 1,
  env: {},
  starterFails: ['healthy'], // npm run verify lesson-NUMBER -- --write-starter-fails
  tryIt: ['curl -i $URL/health'],
  targets: [{ endpoint: 'GET /health', statistic: 'p95', atMostMs: 100 }], // Solution at least 2x better, starter 2x worse.
});
