import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'The answer does not wait for the e-mail',
  change: 'an e-mail inside the request → a job that outlives its worker, sent once',
  minutes: 100,
  services: ['redis', 'smtp'],
  instances: 2,
  worker: 'src/worker.ts',
  // None is the default, so that an app that ignores one is found.
  env: { JOB_LOCK_MS: '4000', MAX_ATTEMPTS: '4', BACKOFF_MS: '100', SMTP_CONNECTIONS: '3' },
  starterFails: [
    'does-not-wait',
    'outlives-server',
    'worker-dies',
    'slow-job',
    'tries-again',
    'gives-up',
    'gives-up-as-told',
    'refused-for-good',
    'same-key',
    'other-body',
    'key-of-failed',
    'redis-away',
    'worker-stops',
    'connections',
    'no-pile',
    'poison',
    'backlog',
    'two-workers',
    'breaks-off',
    'instance-dies',
  ],
  tryIt: [
    `curl -i -H 'content-type: application/json' -d '{"event":"friday-opening","seats":2,"email":"ada@example.org"}' $URL/orders`,
    `for i in 1 2; do curl -s -w '\\n' -H 'Idempotency-Key: 7' -H 'content-type: application/json' -d '{"event":"friday-opening","seats":2,"email":"ada@example.org"}' $URL/orders; done`,
  ],
  targets: [{ endpoint: 'POST /orders', statistic: 'p95', atMostMs: 100 }],
});
