import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'A search never blocks the door',
  change: 'CPU work on the event loop → a bounded pool of worker threads',
  minutes: 25,
  services: [],
  instances: 1,
  cpuBound: true,
  env: {},
  starterFails: ['health', 'parallel', 'bad-input', 'bounded', 'drain', 'long-drain', 'gone', 'bad-n'],
  tryIt: [
    `curl -s "$URL/venues/7/best-seats?party=4"`,
    `for hall in 21 22 23 24 25 26 27 28; do curl -s -o /dev/null "$URL/venues/$hall/best-seats?party=8" & done; sleep 0.1; curl -s -o /dev/null -w '/health took %{time_total} s\\n' $URL/health; wait`,
  ],
  targets: [
    { endpoint: 'GET /health', statistic: 'p95', atMostMs: 80 },
    {
      endpoint: 'GET /venues/:id/best-seats',
      statistic: 'p95',
      atMostMs: 3_000,
    },
  ],
});
