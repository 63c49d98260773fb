import { createServer, type ServerResponse } from 'node:http';
import { Desk } from './desk.ts';
import { Log } from './log.ts';
import { TinyRedis } from './tiny-redis.ts';

const log = new Log();
const desk = new Desk(new TinyRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'), log);
const underWay = new Set<ServerResponse>();
let last = false;

const server = createServer({ keepAliveTimeout: 6_500 }, (req, res) => {
  underWay.add(res);
  res.shouldKeepAlive &&= !last;
  res.once('close', () => {
    underWay.delete(res);
    endIfDone();
  });
  void desk.handle(req, res);
});
server.listen(Number(process.env.PORT ?? 3000), () => log.line('listening'));
void desk.warmUp();

function endIfDone(): void {
  if (last && underWay.size === 0) void end(0);
}

async function end(code: number): Promise<void> {
  log.line(`the end, ${code}`);
  await log.flush();
  process.exit(code);
}

function onSignal(): void {
  if (!desk.ready) return;
  desk.ready = false;
  setTimeout(() => void end(1), Number(process.env.SHUTDOWN_TIMEOUT_MS ?? 8_000));
  setTimeout(
    () => {
      last = true;
      server.close();
      for (const board of desk.boards) board.end();
      desk.boards.clear();
      for (const res of underWay) res.shouldKeepAlive = false;
      endIfDone();
    },
    Number(process.env.DRAIN_DELAY_MS ?? 5_000),
  );
}
process.on('SIGTERM', onSignal);
process.on('SIGINT', onSignal);
