import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'Every failure is told to the client, to the log, and to nobody else',
  change: 'swallowed crashes, stack traces, mixed shapes → one error handler, problem+json, structured logs',
  minutes: 40,
  services: ['supplier'],
  supplier: { latencyMs: 5, atOnce: 20 },
  instances: 1,
  env: { SUPPLIER_TOKEN: 'desk.7d41f0a9', SUPPLIER_TIMEOUT_MS: '1000', REFRESH_MS: '60000' },
  files: [{ variable: 'PLAN_FILE', name: 'plan.txt', copyOf: 'checks/11-errors/plan.txt' }],
  starterFails: ['client-errors'],
  tryIt: [
    `curl -i -H 'content-type: application/json' -d '{"event":' $URL/orders`,
    'curl -i $URL/fees/riga',
    'curl -i $URL/export/oslo',
  ],
  targets: [{ endpoint: 'GET /events/:id', statistic: 'p95', atMostMs: 200 }],
});
