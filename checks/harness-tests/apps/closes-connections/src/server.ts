import { createServer } from 'node:http';

createServer((request, response) => {
  if (request.url === '/secret') request.socket.destroy();
  else response.end('hello');
}).listen(process.env.PORT);
