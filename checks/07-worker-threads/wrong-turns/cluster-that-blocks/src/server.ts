import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);

if (cluster.isPrimary) {
  for (let i = 0; i < availableParallelism(); i++) cluster.fork();
  process.on('SIGTERM', () => cluster.disconnect(() => process.exit(0)));
} else {
  process.on('SIGTERM', () => {});
  createApp().listen(port, () => console.log(`best seats on port ${port}`));
}
