import { createServer } from 'node:http';

createServer((_req, res) => res.end('customers')).listen(Number(process.env.PORT));
createServer((_req, res) => res.end('figures')).listen(Number(process.env.METRICS_PORT));
