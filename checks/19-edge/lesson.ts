import { defineLesson } from '../harness/sdk/lesson.ts';

export default defineLesson(import.meta.url, {
  title: 'What Node should never see',
  change: 'Node serves everything → nginx in front, a lean image, manifests with probes',
  minutes: 60,
  services: ['redis', 'nginx'],
  instances: 2,
  env: {},
  starterFails: [],
  tryIt: [
    'curl -i $URL/assets/shop.41d7aa.css',
    'curl -i $URL/whoami',
    `curl -i -H 'content-type: application/json' -d '{"event":"oslo","seats":2}' $URL/orders`,
  ],
  targets: [{ endpoint: 'GET /events/:id', statistic: 'p95', atMostMs: 400 }],
});
