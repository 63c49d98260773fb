import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'Ask the supplier once, keep what is still true',
  change: 'the supplier asked on every request → node-cache, with the right keys and invalidation',
  minutes: 25,
  services: ['supplier'],
  supplier: { latencyMs: 150, atOnce: 10 },
  instances: 1,
  env: {},
  stop: { withinMs: 10_000, sent: ['', 'GET /events HTTP/1.1\r\nHost: shop\r\n'] },
  starterFails: ['second-read', 'own-entries', 'expires', 'refused-writes', 'falsy-kept', 'coalesced', 'full-cache'],
  tryIt: [
    `curl -s -o /dev/null -w '%{time_total} s\\n' "$URL/events?city=berlin&page=1" -o /dev/null "$URL/events?city=berlin&page=1"`,
    `curl -s -w '\\n' -H 'authorization: Bearer ada.9f31c7' $URL/me/offers $URL/events/7`,
    `curl -s -w '\\n' -X PUT -H 'content-type: application/json' -d '{"priceCents":999}' $URL/events/7`,
  ],
  // The median: the few reads right after a write may take as long as the supplier, or wait for it.
  targets: [{ endpoint: 'GET /events/:id', statistic: 'median', atMostMs: 50 }],
});
