import { createServer } from 'node:http';

createServer((_request, response) => response.end(String(process.pid))).listen(Number(process.env.PORT));
