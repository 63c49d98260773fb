import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'The fastest request never reaches the shop',
  change: 'every answer computed and sent again → kept by the CDN, revalidated by ETag',
  minutes: 30,
  services: ['supplier', 'cdn'],
  supplier: { latencyMs: 200, atOnce: 20 },
  instances: 1,
  stop: { withinMs: 10_000, sent: ['', 'GET /events HTTP/1.1\r\nHost: shop\r\n'] },
  env: {},
  starterFails: ['from-the-copy', 'stale-while-revalidate', 'not-modified', 'cheap-304', 'private', 'map', 'head'],
  tryIt: [
    `curl -s -o /dev/null -D - "$URL/events?city=berlin&page=1" -o /dev/null "$URL/events?city=berlin&page=1"`,
    `curl -s -I $URL/events/7`,
    `curl -s -i -b session=ada.9f31c7 $URL/me`,
  ],
  targets: [{ endpoint: 'GET /events/:id', statistic: 'p95', atMostMs: 80 }],
});
