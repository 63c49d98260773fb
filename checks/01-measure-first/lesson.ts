import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'Measure first, then fix one function',
  change: 'guessing → profile, name the hot function, fix only that',
  minutes: 15,
  services: [],
  instances: 1,
  cpuBound: true,
  env: {},
  starterFails: ['named', 'cpu'],
  tryIt: [
    `curl -s -o /dev/null -w '%{time_total} s\\n' "$URL/events?city=Oslo"`,
    `curl -s -X PUT -H 'content-type: application/json' -d '{"cents":4900}' "$URL/events/2001/price"`,
  ],
  targets: [{ endpoint: 'GET /events?city=', statistic: 'p95', atMostMs: 250 }],
});
