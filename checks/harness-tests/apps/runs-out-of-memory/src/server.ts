import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';

const keepsEverything = 'const kept = []; for (;;) kept.push({ line: new Array(100).fill(kept.length) });';

createServer((_, response) => {
  // A thread, whose heap can be small, so that it is full in a moment.
  const resourceLimits = { maxOldGenerationSizeMb: 4, maxYoungGenerationSizeMb: 1 };
  new Worker(keepsEverything, { eval: true, resourceLimits }).on('exit', () => response.end());
}).listen(process.env.PORT);
