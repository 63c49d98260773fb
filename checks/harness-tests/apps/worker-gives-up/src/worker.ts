import { Redis } from 'ioredis';

const redis = new Redis(process.env.REDIS_URL ?? '');
await redis.brpop(process.env.JOBS ?? '', 0);
console.error('one job is enough');
process.exit(0);
