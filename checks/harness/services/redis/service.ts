import type { ServiceKind } from '../service.ts';
import { openRedis, type RedisHandle } from './handle.ts';

export const redisService: ServiceKind<RedisHandle> = {
  title: 'the Redis',
  fix: 'npm run doctor, then check again',
  open: (options) => openRedis(options),
};
