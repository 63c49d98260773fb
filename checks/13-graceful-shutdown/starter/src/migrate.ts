// Run before each deploy: the price list of the tour, as the box office has it today.
import { connectRedis } from './redis.ts';

const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
await redis.hset('encore:prices', { berlin: 8_900, oslo: 9_500, lisbon: 7_200, vienna: 8_400, 'são-paulo': 6_600 });
redis.disconnect();
