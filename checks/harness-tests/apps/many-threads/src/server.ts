import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';

// A primary with a thread that waits for work as those of a pool do, and two children that serve.
if (cluster.isPrimary) {
  new Worker(new URL('./waits.ts', import.meta.url));
  cluster.fork();
  cluster.fork();
} else {
  createServer((_req, res) => {
    countPrimes(150_000);
    res.end('ok');
  }).listen(Number(process.env.PORT));
}

function countPrimes(below: number): number {
  let primes = 0;
  for (let n = 2; n < below; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) primes++;
  }
  return primes;
}
