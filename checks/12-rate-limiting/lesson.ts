import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'Ten a minute, and not twice ten',
  change: 'a fixed window per process → a sliding window in Redis, by user, by address, by route',
  minutes: 45,
  services: ['redis'],
  instances: 2,
  // No windows, so that the app takes its own. No behaviour on these instances races their end: those about windows start others.
  env: { TOKEN_SECRET: 'desk.7d41f0a9' },
  starterFails: [
    'shared',
    'slides',
    'users',
    'addresses',
    'failed-logins',
    'login-addresses',
    'exports',
    'unlisted',
    'other-windows',
    'problem',
    'retry-after',
    'at-once',
    'redis-away',
    'headers',
    'memory',
    'clocks',
    'health',
    'redis-slow',
  ],
  tryIt: [
    `for i in $(seq 24); do curl -s -o /dev/null -w '%{http_code} ' $URL/events; done; echo`,
    `for i in $(seq 24); do curl -s -o /dev/null -w '%{http_code} ' -H "X-Forwarded-For: 198.51.100.$i" $URL/events; done; echo`,
  ],
  targets: [{ endpoint: 'GET /events', statistic: 'p95', atMostMs: 200 }],
});
