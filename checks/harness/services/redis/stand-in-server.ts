// The process of the stand-in: tells its parent the port, and ends with it.
import { createRedisCommandExecutor, RedisServerState, Resp2Server } from 'js-redis-server/core';

const redis = new Resp2Server({
  server: new RedisServerState({ databaseCount: 16 }),
  executor: createRedisCommandExecutor(),
});
// Not by its own listen(): that opens the port on every interface of the machine.
redis.server.listen(0, '127.0.0.1', () => process.send?.({ port: redis.getPort() }));
process.on('disconnect', () => process.exit(0));
