import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ask, HeldOrder, pidServing } from './ask.ts';
import { orderOf } from './orders.ts';
import { eventually } from './patience.ts';
import { reload } from './reload.ts';
import { mustBeAnswered } from './slow-order.ts';
import { kindsOf } from './traffic.ts';
import { skipOnWindows, startInTurn } from './turns.ts';
import { mustServe, workers, workersOf } from './workers.ts';

/** Longer than PM2 waits by itself, twice, and less than the 15 s of the contract. */
const slowStartMs = 8_000;
const aTime = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/;

/** Lines 8 to 10. */
export function furtherBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'stop',
    'SIGTERM to PM2 ends everything, and an order that is under way for some seconds is answered',
    {
      because:
        'A container is stopped with SIGTERM to its first process, which is PM2. What that does to the workers is what customers see.',
      lookAt: 'what does PM2 send to its workers when it gets SIGTERM, and how long does it wait?',
    },
    async (t) => {
      skipOnWindows(t);
      const app = await startInTurn(t, { WEB_CONCURRENCY: '1' });
      await mustServe(t, app, 1, 'WEB_CONCURRENCY=1');
      const order = await HeldOrder.begin(t, app);
      app.signal('SIGTERM');
      t.trail.begin('an order whose body is still to come, then SIGTERM to pm2-runtime');
      try {
        await mustBeAnswered(t, [order], 'SIGTERM');
      } finally {
        order.drop();
      }
      const ended = await app.exitedWithin(5_000);
      t.require(ended && app.exitCode === 0, {
        step: 'the order is answered',
        expected: 'the end of PM2 within 5 s, with exit code 0',
        seen: ended ? app.ending() : 'it still runs',
        because:
          'The last answer is out, and somebody still waits: the worker does not end, and PM2 waits until it may kill it.',
        lookAt: 'what does the worker wait for, and how is it told that it should end?',
      });
    },
    { limitMs: 60_000, background: true, further: true },
  );

  behaviour(
    'log',
    'each order is a line on standard output, with time and pid, and in no file',
    {
      because: 'Whoever reads the log of several workers has to know when a line was written, and by which of them.',
      lookAt: 'what does PM2 do with the lines of its workers: what does it add, and where do they go?',
    },
    logsOrders,
    { limitMs: 30_000, further: true },
  );

  behaviour(
    'slow-start',
    'a reload while Redis hangs waits for the new worker, and not one request fails',
    {
      because:
        'PM2 waits for a new worker for three seconds. Then it ends the old one, whether the new one serves or not.',
      lookAt: 'how long may a worker take to start, and what does PM2 do when it takes longer?',
    },
    survivesSlowStart,
    { limitMs: 90_000, background: true, further: true },
  );
}

async function logsOrders(t: Stage): Promise<void> {
  skipOnWindows(t);
  const app = t.app(1);
  const pids = await mustServe(t, app, workers, 'before the orders');
  const orders = Array.from({ length: 4 * workers }, () => orderOf('log'));
  const mark = app.stdout.end;
  for (const order of orders) await ask(app, '/orders', { method: 'POST', body: order });
  const lineOf = (id: string) => app.stdout.linesSince(mark).find((line) => line.includes(id));
  const isWritten = () => orders.every(({ id }) => lineOf(id) !== undefined);
  await t.until(`a line with the id of each of ${orders.length} orders`, isWritten, { deadlineMs: 5_000 });
  t.trail.begin(`${orders.length} orders`);
  for (const { id } of orders) {
    const line = lineOf(id) ?? '';
    const pid = [...pids].find((one) => new RegExp(`\\b${one}\\b`).test(line.replace(id, '')));
    t.require(aTime.test(line) && pid !== undefined, {
      expected: 'a time such as 2026-11-28T03:12:05, and the pid of the worker, in the line of an order',
      seen: line,
    });
  }
  const home = app.pm2?.home ?? '';
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const holdsOrder = (text: string) => orders.some(({ id }) => text.includes(id));
  const logged = files.find((file) => holdsOrder(readFileSync(join(file.parentPath, file.name), 'utf8')));
  t.require(!logged, {
    step: 'the files in PM2_HOME',
    expected: 'no line of an order',
    seen: `${logged?.name} has one`,
    because:
      'PM2 writes each line a second time, into a file that nobody reads and nothing ends. One day the disk is full.',
    lookAt: 'where does PM2 write the output of its workers, besides its own output?',
  });
}

async function survivesSlowStart(t: Stage): Promise<void> {
  skipOnWindows(t);
  const redis = await t.startRedis();
  const app = await startInTurn(t, { WEB_CONCURRENCY: '1', REDIS_URL: redis.appUrl });
  const [old] = await mustServe(t, app, 1, 'WEB_CONCURRENCY=1');
  redis.pause();
  const reloaded = reload(t, app);
  reloaded.catch(() => {}); // Awaited below.
  const failures: string[] = [];
  let requests = 0;
  const isNew = () => workersOf(app).some((pid) => pid !== old);
  t.trail.begin('Redis hangs, and pm2 reload all');
  await eventually(t, 'PM2 to start a new worker', isNew);
  const since = performance.now();
  for (; performance.now() - since < slowStartMs; await delay(50)) {
    const { status, text } = await ask(app, '/prices/oslo');
    requests++;
    if (status !== 200) failures.push(status ? `${status}` : text);
  }
  t.trail.begin(`Redis hangs, pm2 reload all, and ${requests} × GET /prices/oslo for ${slowStartMs / 1_000} s`);
  t.require(failures.length === 0, { expected: 'no failed request', seen: `${failures.length}: ${kindsOf(failures)}` });
  redis.resume();
  t.step('then Redis is back');
  const serves = async () => ![undefined, old].includes(await pidServing(app));
  await eventually(t, 'the new worker to serve', serves);
  await reloaded;
}
