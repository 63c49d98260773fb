import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';

// A client for each request, and none is ever closed: 2,500 of them have both ends in this process. It listens once both are
// there: a client may be connected before the other end is accepted.
const ends = 5_000;
let open = 0;
function opened(): void {
  if (++open === ends) createServer((_, response) => response.end('hello')).listen(process.env.PORT);
}
const upstream = createTcpServer(opened).listen({ port: 0, host: '127.0.0.1', backlog: ends }, () => {
  const { port } = upstream.address() as { port: number };
  for (let n = 0; n < ends / 2; n++) connect(port, '127.0.0.1', opened);
});
