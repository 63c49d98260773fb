// Asks Redis for /redis and the supplier for everything else, and fails with them.
import { createServer } from 'node:http';
import { Redis } from 'ioredis';

const redis = new Redis(process.env.REDIS_URL ?? '', { maxRetriesPerRequest: 1, commandTimeout: 1_000 });
redis.on('error', () => {}); // The request that fails because of it says so.

createServer(async (request, response) => {
  try {
    if (request.url === '/redis') {
      response.end(String(await redis.incr('asked')));
      return;
    }
    const answer = await fetch(`${process.env.SUPPLIER_URL}${request.url}`);
    response.writeHead(answer.status).end(await answer.text());
  } catch {
    response.writeHead(502).end();
  }
}).listen(process.env.PORT);
