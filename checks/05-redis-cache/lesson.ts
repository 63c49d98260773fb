import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'One cache for every instance, and no stampede',
  change: 'a cache per process → one in Redis, no stampede, survives Redis',
  minutes: 35,
  services: ['redis', 'supplier'],
  supplier: { latencyMs: 150, atOnce: 5 },
  instances: 2,
  // Not the default, so that an app that ignores it is found.
  env: { CACHE_TTL_S: '40' },
  stop: { withinMs: 10_000, sent: ['', 'GET /events HTTP/1.1\r\nHost: shop\r\n'] },
  starterFails: [
    'shared',
    'stampede',
    'write-seen',
    'keys-expire',
    'supplier-fails',
    'redis-down',
    'redis-returns',
    'write-beats-read',
    'write-beats-refresh',
    'spread',
    'empty-kept',
    'corrupt-value',
    'takes-over',
    'redis-slow',
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
