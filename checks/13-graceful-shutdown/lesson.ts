import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'A deploy that nobody notices',
  change: 'deploys drop requests → readiness, drain, kept connections, a deadline',
  minutes: 80,
  services: ['redis'],
  instances: 3,
  balancer: { readiness: { path: '/ready', everyMs: 200, withinMs: 3_000 }, keepsIdleMs: 5_000 },
  migrate: 'src/migrate.ts',
  env: { DRAIN_DELAY_MS: '700', SHUTDOWN_TIMEOUT_MS: '30000' },
  starterFails: [
    'deploy',
    'drain',
    'kept-connections',
    'keep-alive',
    'deadline',
    'live',
    'ready',
    'warm',
    'more-signals',
    'streams',
    'without-redis',
    'log',
    'half-a-head',
  ],
  tryIt: [
    'curl -i $URL/prices/berlin',
    `curl -i -H 'content-type: application/json' -d '{"id":"a1","event":"oslo","seats":2}' $URL/orders`,
    'curl -i $URL/ready',
  ],
  targets: [{ endpoint: 'GET /prices/:event', statistic: 'p95', atMostMs: 800 }],
});
