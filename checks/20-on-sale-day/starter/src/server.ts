import cluster from 'node:cluster';
import { log } from './log.ts';
import { settings } from './settings.ts';
import { startWeb } from './web.ts';

// With one worker there is nothing to share out, so this process serves by itself.
if (settings.workers > 1 && cluster.isPrimary) {
  log(`primary of ${settings.workers} workers`);
  for (let n = 0; n < settings.workers; n++) cluster.fork();
  cluster.on('exit', (worker, code, signal) => log(`worker ${worker.process.pid} ended with ${signal ?? code}`));
} else {
  startWeb();
}
