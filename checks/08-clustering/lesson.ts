import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'Every core serves, and a dead worker is replaced',
  change: 'one process on many cores → node:cluster, restarts, shared state outside',
  minutes: 30,
  services: ['redis'],
  instances: 1,
  cpuBound: true,
  env: {},
  files: [{ variable: 'EVENTS_FILE', name: 'events.json', copyOf: 'checks/08-clustering/events.json' }],
  starterFails: [
    'workers',
    'told',
    'visits-stay',
    'replaced',
    'always-replaced',
    'drain',
    'gives-up',
    'goes-on',
    'storm',
    'stuck',
    'drain-all',
    'log-pids',
  ],
  tryIt: [
    'curl -s $URL/quote/friday-opening',
    'curl -s -X POST $URL/visits',
    `time (for i in $(seq 100); do curl -s -o /dev/null $URL/quote/friday-opening & done; wait)`,
  ],
  targets: [{ endpoint: 'GET /quote/:event', statistic: 'p95', atMostMs: 1_000 }],
});
