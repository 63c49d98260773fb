import { defineLesson } from '../harness/sdk/lesson.ts';

/** Its body is still to come. */
const changeHead = [
  'PUT /events/1/price HTTP/1.1',
  'Host: shop',
  'Content-Type: application/json',
  'Content-Length: 14',
  '\r\n',
].join('\r\n');

export default defineLesson(import.meta.url, {
  title: 'Measure first, then fix one function',
  change: 'guessing → profile, name the hot function, fix only that',
  minutes: 15,
  services: [],
  instances: 1,
  stop: {
    withinMs: 10_000,
    sent: ['', 'GET /events?city=Oslo HTTP/1.1\r\nHost: shop\r\n', changeHead, `${changeHead}{"cents"`],
  },
  cpuBound: true,
  env: {},
  starterFails: ['named', 'cpu'],
  tryIt: [
    `curl -s -o /dev/null -w '%{time_total} s\\n' "$URL/events?city=Oslo"`,
    `curl -s -X PUT -H 'content-type: application/json' -d '{"cents":4900}' "$URL/events/2001/price"`,
  ],
  targets: [{ endpoint: 'GET /events?city=', statistic: 'p95', atMostMs: 250 }],
});
