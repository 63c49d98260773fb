import { createServer } from 'node:http';
import { createApp } from './app.ts';
import { arrive } from './board.ts';

const port = Number(process.env.PORT ?? 3000);
const heartbeatMs = Number(process.env.HEARTBEAT_MS ?? 15_000);

const app = createApp({ heartbeatMs });
const largestBody = 256 * 1024;

createServer()
  .on('request', (req, res) => {
    arrive(req, res);
    app(req, res);
  })
  // A client that asks before it sends need not send what is too large: the app refuses it by its length.
  .on('checkContinue', (req, res) => {
    if (!(Number(req.headers['content-length']) > largestBody)) res.writeContinue();
    app(req, res);
  })
  .listen(port, () => console.log(`live desk listening on port ${port}`));
