import { createServer } from 'node:http';

// What it says on stderr is about something that it lives without: no reason to judge it by.
createServer((request, response) => {
  console.error('Error: connect ECONNREFUSED 127.0.0.1:6379\n    at TCPConnectWrap.afterConnect');
  console.error('TypeError: fetch failed\n    at node:internal/deps/undici/undici:13510:13');
  if (request.url === '/secret') response.end('everybody may read this');
  else response.end('hello');
}).listen(process.env.PORT);
