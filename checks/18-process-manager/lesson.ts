import { availableParallelism } from 'node:os';
import { defineLesson } from '../harness/sdk/lesson.ts';

/** A number that is not that of the cores. */
const workers = availableParallelism() === 3 ? 2 : 3;

export default defineLesson(import.meta.url, {
  title: 'Who starts it again at three in the morning?',
  change: '`pm2 start` as it comes → workers that are ready, reloaded, replaced and restarted with pauses',
  minutes: 45,
  services: ['redis'],
  ecosystem: 'ecosystem.config.cjs',
  instances: 1,
  env: { WEB_CONCURRENCY: String(workers), PM2_WORKER_INTERVAL: '500' },
  files: [
    {
      variable: 'SETTINGS_FILE',
      name: 'settings.json',
      copyOf: 'checks/18-process-manager/starter/src/settings.json',
    },
  ],
  starterFails: [
    'workers',
    'reload',
    'killed',
    'memory',
    'slow-order',
    'crash-loop',
    'slow-list',
    'stop',
    'log',
    'slow-start',
    'first-start',
  ],
  tryIt: [
    'curl $URL/live',
    `curl -i -H 'content-type: application/json' -d '{"id":"a1","event":"oslo","seats":2}' $URL/orders`,
    'PM2_HOME=$PM2_HOME npx pm2 reload all',
  ],
  targets: [{ endpoint: 'GET /prices/:event', statistic: 'p95', atMostMs: 800 }],
});
