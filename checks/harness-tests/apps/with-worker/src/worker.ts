import { Redis } from 'ioredis';

// Whoever does the work says so with its pid. It knows no PORT, for it listens nowhere.
if (process.env.PORT !== undefined) throw new Error('a worker was given a port');
const redis = new Redis(process.env.REDIS_URL ?? '');
const jobs = process.env.JOBS ?? '';
process.once('SIGTERM', () => process.exit(0));
for (;;) {
  const job = await redis.brpop(jobs, 0);
  if (job) await redis.lpush(`${jobs}:done`, process.pid);
}
