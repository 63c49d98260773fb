import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'A page costs what a page shows',
  change: 'no index, OFFSET, leaked clients → indexes, keyset pages, connections given back',
  minutes: 30,
  services: ['postgres'],
  postgres: { seed: 'checks/10-query-plans/seed.sql' },
  migrate: 'src/migrate.ts',
  instances: 1,
  // The zone of the desk's own clock, as of the database's sessions. A day of the report is one in UTC.
  env: { TZ: 'Europe/Oslo' },
  stop: { withinMs: 10_000, sent: ['', 'GET /orders HTTP/1.1\r\nHost: shop\r\n'] },
  starterFails: [
    'indexed',
    'deep-pages',
    'whole-pages',
    'injection',
    'few-connections',
    'clients-returned',
    'time-limit',
    'gone-client',
  ],
  tryIt: [
    `curl -s -o /dev/null -w '%{time_total} s\\n' "$URL/orders?email=customer4711@example.org" -o /dev/null "$URL/orders?city=berlin"`,
    `curl -s -w '\\n' "$URL/reports/daily?day=2025-02-14"`,
    `for n in $(seq 60); do curl -s -m 2 -o /dev/null -w '%{http_code} ' -H 'content-type: application/json' -d '{"reference":"r1","email":"ada@example.org","city":"oslo","seats":2,"totalCents":9000}' $URL/orders; done; echo`,
  ],
  targets: [
    { endpoint: 'GET /orders?email=', statistic: 'p95', atMostMs: 50 },
    { endpoint: 'GET /orders?city=', statistic: 'p95', atMostMs: 50 },
  ],
});
