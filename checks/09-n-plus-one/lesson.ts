import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'A list costs the same few statements, however long',
  change: 'a statement for each row → three for a list of any length',
  minutes: 25,
  services: ['postgres'],
  postgres: { seed: 'checks/09-n-plus-one/seed.sql', latencyMs: 1 },
  instances: 1,
  stop: { withinMs: 10_000, sent: ['', 'GET /events HTTP/1.1\r\nHost: shop\r\n'] },
  // The zone of the shop's own clock, as of the database's sessions. A day of the calendar is one in UTC.
  env: { TZ: 'Europe/Oslo' },
  starterFails: ['statements', 'posters'],
  tryIt: [
    `for n in 10 100; do curl -s -o /dev/null -w "limit=$n %{time_total} s\\n" "$URL/events?limit=$n"; done`,
    `curl -s -w '\\n' "$URL/events?from=2027-03-20&limit=2"`,
  ],
  targets: [{ endpoint: 'GET /events?limit=50', statistic: 'p95', atMostMs: 250 }],
});
