import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'The answer does not wait for the e-mail',
  change: 'an e-mail inside the request → a job that outlives its worker, sent once',
  minutes: 60,
  services: ['redis', 'smtp'],
  instances: 2,
  worker: 'src/worker.ts',
  // None is the default, so that an app that ignores one is found.
  env: { JOB_LOCK_MS: '4000', MAX_ATTEMPTS: '3', BACKOFF_MS: '100', SMTP_CONNECTIONS: '3' },
  starterFails: [
    'does-not-wait',
    'outlives-server',
    'worker-dies',
    'tries-again',
    'refused-for-good',
    'gives-up',
    'gives-up-as-told',
    'slow-job',
    'redis-away',
    'same-key',
    'other-body',
    'key-of-failed',
    'key-under-way',
    'breaks-off',
    'poison',
    'worker-stops',
    'two-workers',
    'instance-dies',
    'no-pile',
  ],
  tryIt: [
    `curl -i -H 'content-type: application/json' -d '{"event":"friday-opening","seats":2,"email":"ada@example.org"}' $URL/orders`,
  ],
  targets: [{ endpoint: 'POST /orders', statistic: 'p95', atMostMs: 100 }],
});
