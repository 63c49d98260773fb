import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'The app itself says what is slow',
  change: 'no figures at all → prom-client metrics by route and supplier, added up over the workers',
  minutes: 75,
  services: ['supplier'],
  // Of three questions that an order asks, one takes 400 ms. Nobody is told; src/diagnosis.json asks for it.
  supplier: { latencyMs: 10, atOnce: 40, slow: { 'GET /offers': 40 } },
  instances: 1,
  ports: ['METRICS_PORT'],
  env: { WEB_CONCURRENCY: '2', SUPPLIER_TIMEOUT_MS: '20000' },
  starterFails: [
    'format',
    'counts',
    'hung-up',
    'invented',
    'seconds',
    'buckets',
    'all-workers',
    'killed',
    'in-flight',
    'in-flight-killed',
    'supplier',
    'diagnosis',
    'stuck',
    'lag',
    'replaced',
  ],
  tryIt: [
    'for i in $(seq 20); do curl -s -o /dev/null $URL/events/$i; done',
    `for i in $(seq 20); do curl -s -o /dev/null -H 'authorization: Bearer ada.9f31c7' -H 'content-type: application/json' -d '{"event":"12","seats":2}' $URL/orders; done`,
    'curl -s http://127.0.0.1:$METRICS_PORT/metrics',
  ],
  targets: [{ endpoint: 'GET /events/:id', statistic: 'p95', atMostMs: 200 }],
});
