import express from 'express';
import { Redis } from 'ioredis';

const redis = new Redis(process.env.REDIS_URL ?? '');
const jobs = process.env.JOBS ?? '';
const app = express();
app.post('/jobs', async (_, response) => {
  await redis.lpush(jobs, 'a job');
  response.status(202).end();
});
app.get('/done', async (_, response) => {
  response.send((await redis.rpop(`${jobs}:done`)) ?? '');
});
app.listen(Number(process.env.PORT));
