import { createServer } from 'node:http';

// It listens at once and is ready a moment later, as one that connects to its database meanwhile.
const readyAt = performance.now() + 600;

createServer((request, response) => {
  if (performance.now() < readyAt) response.writeHead(503).end('not ready yet');
  else if (request.url === '/secret') response.writeHead(401).end();
  else response.end('hello');
}).listen(process.env.PORT);
