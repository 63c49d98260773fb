import cluster from 'node:cluster';
import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const heartbeatMs = Number(process.env.HEARTBEAT_MS ?? 15_000);
const requestsOfWorker = 5_000;

if (cluster.isPrimary) {
  cluster.fork();
  cluster.on('disconnect', () => cluster.fork());
} else {
  let requests = 0;
  const app = createApp({ heartbeatMs });
  const server = app.listen(port, () => console.log(`live desk listening on port ${port}`));
  server.on('request', () => {
    if (++requests === requestsOfWorker) cluster.worker?.disconnect();
  });
}
