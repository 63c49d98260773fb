// Asks Redis for /redis, says what it was sent at /headers, and asks the supplier for everything else. Fails with them.
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
    if (request.url === '/headers') {
      response.end(JSON.stringify(request.headers));
      return;
    }
    const answer = await fetch(`${process.env.SUPPLIER_URL}${request.url}`);
    response.writeHead(answer.status).end(await answer.text());
  } catch {
    response.writeHead(502).end();
  }
}).listen(process.env.PORT);
