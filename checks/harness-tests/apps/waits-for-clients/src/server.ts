import { createServer } from 'node:http';

const server = createServer((_req, res) => {
  res.end('well');
}).listen(Number(process.env.PORT));

process.on('SIGTERM', () => {
  server.close();
});
