import { createServer } from 'node:http';
import { answerError } from './errors.ts';
import { answer, started } from './routes.ts';

const port = Number(process.env.PORT ?? 3000);
started(Number(process.env.HEARTBEAT_MS ?? 15_000));

createServer((req, res) => {
  answer(req, res).catch((error) => answerError(error, req, res));
}).listen(port, () => console.log(`live desk listening on port ${port}`));
