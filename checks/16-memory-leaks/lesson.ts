import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'The process that grows until Friday',
  change: 'a Map, a listener, a timer and a list that grow → released with their request, and bounded',
  minutes: 60,
  services: [],
  instances: 1,
  // So rare that nothing is let go of because a heartbeat has noticed it. `live` starts the app with a short one, too.
  env: { HEARTBEAT_MS: '60000' },
  starterFails: ['small-errors', 'failed', 'hung-up', 'streams', 'live', 'under-way'],
  tryIt: [
    'for i in $(seq 200); do curl -s -o /dev/null $URL/events/none; done',
    'timeout 1 curl -sN $URL/events/1/live',
    `curl -s -H 'content-type: application/json' -d '{"event":"4"}' $URL/exports | head -c 100 | head -1`,
    'curl -s $URL/under-way',
  ],
  heap: [
    { name: 'GET /events/:id/live, the client hangs up', steps: [{ url: '/events/1/live', leaves: 'in the answer' }] },
    {
      name: 'POST /exports of event 4, the client hangs up',
      steps: [{ method: 'POST', url: '/exports', json: { event: '4' }, leaves: 'in the answer' }],
    },
    // The incident's own request. Its body is a Buffer, which the heap does not count.
    {
      name: 'PUT /events/:id/poster, no image',
      steps: [
        {
          method: 'PUT',
          url: '/events/3/poster',
          headers: { 'content-type': 'image/png' },
          body: '{{ $randomString(8000) }}',
        },
      ],
    },
  ],
  targets: [{ endpoint: 'GET /events/:id', statistic: 'p95', atMostMs: 200 }],
});
