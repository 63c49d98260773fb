import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CheckDefinition, type Instance, keptConnections, type Stage } from '../harness/sdk/index.ts';
import { ask, HeldOrder } from './ask.ts';
import { HalfHead } from './half-a-head.ts';
import { orderOf } from './orders.ts';
import { Patience } from './patience.ts';
import { losesNothing, reloaded } from './reload.ts';
import { mustBeAnswered } from './slow-order.ts';
import { skipOnWindows, startInTurn } from './turns.ts';
import { mustServe, workers } from './workers.ts';

/** From the last answer, by the contract. */
const endsWithinMs = 5_000;
const aTime = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)/g;
/** Seconds are often cut off. */
const roundedMs = 1_000;

/** Lines 8 and 9. */
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
      const kept = [keptConnections(1), keptConnections(1)] as const;
      await ask(app, '/live', { agent: kept[0] });
      const half = new HalfHead(app);
      const begun = [await HeldOrder.begin(t, app, kept[1]), half];
      app.signal('SIGTERM');
      t.trail.begin('an order whose body is still to come, half of the head of a GET, then SIGTERM to pm2-runtime');
      try {
        await mustBeAnswered(t, begun, 'SIGTERM');
        const patience = new Patience(endsWithinMs);
        while (patience.lasts && !(await app.exitedWithin(100)));
        const ended = app.exited;
        t.require(ended && app.exitCode === 0, {
          step: 'both are answered; two connections are kept, that of the order and one that was idle before',
          expected: 'the end of PM2 within 5 s, with exit code 0',
          seen: ended ? app.ending() : 'it still runs',
          because:
            'The last answer is out, and somebody still waits: the worker does not end, and PM2 waits until it may kill it.',
          lookAt: 'what does the worker wait for, which connections are still open then, and who closes them?',
        });
        patience.mustHaveLasted(t, 'the end');
      } finally {
        for (const one of begun) one.drop();
        for (const agent of kept) agent.destroy();
      }
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
    { limitMs: 60_000, further: true },
  );
}

async function logsOrders(t: Stage): Promise<void> {
  skipOnWindows(t);
  const app = t.app(1);
  const pids = await mustServe(t, app, workers, 'before the orders');
  const orders = Array.from({ length: 4 * workers }, () => orderOf('log'));
  const mark = app.stdout.end;
  const from = Date.now();
  for (const order of orders) await ask(app, '/orders', { method: 'POST', body: order });
  const lineOf = (id: string) => app.stdout.linesSince(mark).find((line) => line.includes(id));
  const isWritten = () => orders.every(({ id }) => lineOf(id) !== undefined);
  await t.until(`a line with the id of each of ${orders.length} orders`, isWritten, { deadlineMs: 5_000 });
  t.trail.begin(`${orders.length} orders`);
  const to = Date.now();
  for (const { id } of orders) {
    const line = lineOf(id) ?? '';
    const pid = [...pids].find((one) => new RegExp(`\\b${one}\\b`).test(line.replace(id, '')));
    const times = timesIn(line);
    t.require(times.length > 0 && pid !== undefined, {
      expected: 'a time such as 2026-11-28T03:12:05, and the pid of the worker, in the line of an order',
      seen: line,
    });
    t.require(
      times.some((time) => time > from - roundedMs && time < to + roundedMs),
      {
        expected: `the time of the order, ${new Date(from).toISOString()} or some seconds later, in UTC or in the zone of the machine`,
        seen: line,
        because:
          'The time in the line is not that of the order. Whoever looks for the orders of 03:12 does not find it.',
        lookAt: 'when is the time taken that is written, and what does each letter of its format stand for?',
      },
    );
  }
  if (!reloaded.has(app)) await losesNothing(t, app); // Where this behaviour is judged alone.
  mustKeepLines(t, app);
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

/** Also those of orders that were answered by workers which were about to end. */
function mustKeepLines(t: Stage, app: Instance): void {
  const { mark = 0, confirmed = [] } = reloaded.get(app) ?? {};
  const printed = app.stdout.since(mark);
  const missing = confirmed.filter((id) => !printed.includes(id)).length;
  t.require(missing === 0, {
    step: `the ${confirmed.length} orders that were confirmed during pm2 reload all`,
    expected: 'a line of each',
    seen: `${missing} have none`,
    because: 'A worker ended before it had written all its lines. What is missing in the log is what happened last.',
    lookAt: 'when is a line written, and what becomes of those that wait when the worker ends?',
  });
}

/** What a line may mean: its time in UTC, or in the zone of this machine. */
function timesIn(line: string): number[] {
  return [...line.matchAll(aTime)].flatMap(([, day, time]) => [
    Date.parse(`${day}T${time}Z`),
    Date.parse(`${day}T${time}`),
  ]);
}
