import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';

// A client for each request, and none is ever closed: 2,500 of them have both ends in this process.
const upstream = createTcpServer(() => {}).listen(0, '127.0.0.1', () => {
  const { port } = upstream.address() as { port: number };
  let open = 0;
  for (let n = 0; n < 2_500; n++)
    connect(port, '127.0.0.1', () => {
      if (++open === 2_500) createServer((_, response) => response.end('hello')).listen(process.env.PORT);
    });
});
