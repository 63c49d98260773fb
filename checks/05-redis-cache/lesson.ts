import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'One cache for every instance, and no stampede',
  change: 'a cache per process → one in Redis, no stampede, survives Redis',
  minutes: 30,
  services: ['redis', 'supplier'],
  supplier: { latencyMs: 150, atOnce: 5 },
  instances: 2,
  // Not the default: an app that does not read it must be found.
  env: { CACHE_TTL_S: '40' },
  starterFails: [
    'shared',
    'stampede',
    'write-seen',
    'write-beats-read',
    'keys-expire',
    'empty-kept',
    'corrupt-value',
    'supplier-fails',
    'takes-over',
    'redis-down',
  ],
  tryIt: [
    `for i in 1 2 3 4; do curl -s -o /dev/null -w '%{time_total} s\\n' $URL/stats; done`,
    `curl -s -w '\\n' $URL/events/7 $URL/events/7; curl -s -w '\\n' -X PUT -H 'content-type: application/json' -d '{"priceCents":999}' $URL/events/7; curl -s -w '\\n' $URL/events/7 $URL/events/7`,
  ],
  targets: [
    { endpoint: 'GET /stats', statistic: 'p95', atMostMs: 900 },
    { endpoint: 'GET /events/:id', statistic: 'p95', atMostMs: 500 },
  ],
});
