import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'Sessions outlive the process',
  change: 'sessions in a Map → in Redis, shared by every instance',
  minutes: 25,
  services: ['redis'],
  instances: 2,
  env: {},
  stop: { withinMs: 10_000, sent: ['', 'GET /profile HTTP/1.1\r\nHost: shop\r\n'] },
  starterFails: [
    'other-instance',
    'basket-follows',
    'survives-restart',
    'logout-everywhere',
    'answered-is-stored',
    'keys-expire',
    'fixation',
    'renewal',
    'cookie-flags',
    'redis-down',
    'renewal-in-browser',
    'items-at-once',
  ],
  tryIt: [
    `curl -s -b '' -w '\\n' -H 'content-type: application/json' -d '{"username":"ada","password":"analytical"}' $URL/login --next -s -b '' -w '\\n' $URL/profile $URL/profile $URL/profile $URL/profile`,
    `curl -si -H 'content-type: application/json' -d '{"username":"ada","password":"analytical"}' $URL/login | grep -i set-cookie`,
  ],
  targets: [
    { endpoint: 'POST /login', statistic: 'p95', atMostMs: 300 },
    { endpoint: 'GET /profile', statistic: 'p95', atMostMs: 100 },
    { endpoint: 'POST /basket', statistic: 'p95', atMostMs: 100 },
  ],
});
