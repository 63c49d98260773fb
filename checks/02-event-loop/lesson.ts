import { defineLesson } from '../harness/sdk/lesson.ts';

const ada = `-H 'content-type: application/json' -d '{"name":"ada","password":"analytical"}'`;

export default defineLesson(import.meta.url, {
  title: 'Nobody waits for somebody else’s password',
  change: 'hashing and file reads that block the event loop → asynchronous ones, without the races they open',
  minutes: 20,
  services: [],
  instances: 1,
  env: {},
  stop: { withinMs: 10_000, sent: ['', 'GET /terms HTTP/1.1\r\nHost: shop\r\n'] },
  files: [
    { variable: 'ACCOUNTS_FILE', name: 'accounts.jsonl' },
    { variable: 'TERMS_FILE', name: 'terms.txt', copyOf: 'lessons/02-event-loop/terms.txt' },
  ],
  starterFails: ['health', 'loop-delay', 'log-ins', 'slow-disk', 'terms-loop'],
  cpuBound: true,
  tryIt: [
    `curl -s -w '\\n' ${ada} $URL/accounts; curl -s -w '\\n' ${ada} $URL/login`,
    `for i in 1 2 3 4 5 6; do curl -s -o /dev/null ${ada} $URL/login & done; sleep 0.1; curl -s -o /dev/null -w '/health took %{time_total} s\\n' $URL/health; wait`,
  ],
  // None for sign-ups: a hash takes as long as before, and on a machine without cores to spare they queue.
  targets: [{ endpoint: 'GET /health', statistic: 'p95', atMostMs: 60 }],
});
