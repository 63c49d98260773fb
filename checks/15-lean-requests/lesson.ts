import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'What a request need not carry',
  change: 'every middleware on every route → limits, validation, compression and fields where they belong',
  minutes: 50,
  services: ['redis'],
  instances: 1,
  env: {},
  starterFails: [
    'redis',
    'body-limit',
    'body-kept',
    'body-types',
    'other-bodies',
    'fields',
    'queries',
    'search',
    'documented',
    'cpu',
    'utf8',
    'slow-requests',
    'compressed',
  ], // npm run verify lesson-15 -- --write-starter-fails
  tryIt: [
    `curl -s -o /dev/null -w '%{size_download} bytes\\n' $URL/shows`,
    `curl -s "$URL/shows?city=Oslo&city=Berlin" | head -c 300`,
  ],
  targets: [{ endpoint: 'GET /shows', statistic: 'p95', atMostMs: 200 }],
  cpuBound: true,
});
