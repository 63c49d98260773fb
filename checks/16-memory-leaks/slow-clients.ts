import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, type Instance, keptConnections, type Stage } from '../harness/sdk/index.ts';
import { marked, OpenRequest, seen, send } from './client.ts';
import { salesIn } from './live.ts';
import { openExport } from './under-way.ts';
import { mustBePatientBesideHeartbeats, mustBeWhole, stallMs, startHurried } from './whole-exports.ts';

/** Sales come late in the stall: at its beginning the cores belong to what is judged first. */
const quietMs = 3_000;
/** Twice what fits into the 64 kB that Node holds back for an answer before it asks to wait. */
const salesMeanwhile = 3_000;
const clients = 8;
const soonMs = 5_000;

export function slowClientsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'slow-clients',
    'a client that reads nothing for seconds gets its whole export and each sale, and a quiet stream stays open',
    {
      because: 'The client is there and slow, and the app takes it for gone. What it misses it is not told of.',
      lookAt:
        'what ends an answer whose client has not gone, and what becomes of a message that can’t be sent at this moment?',
    },
    async (t) => {
      // They share one trail, so the second one tells its steps only with what it has seen.
      await Promise.all([servesTheSlow(t), mustBePatientBesideHeartbeats(t)]);
    },
    { background: true, limitMs: 80_000 },
  );
}

async function servesTheSlow(t: Stage): Promise<void> {
  const app = await startHurried(t);
  const startedAt = performance.now();
  const quiet = new OpenRequest(app, { method: 'GET', path: marked('/events/1/live') }, { reads: true });
  const exported = openExport(app, marked('/exports'));
  // The kernel takes megabytes for a client that does not read. An answer behind an export that nobody reads waits in the app.
  const before = openExport(app, marked('/exports'));
  const slow = new OpenRequest(app, { method: 'GET', path: marked('/events/3/live') }, { reads: false, on: before });
  try {
    t.step('a client reads nothing of its POST /exports of event 4, and another one nothing of that and of a stream');
    const isWaiting = await isListed(t, app, slow);
    await delay(Math.max(0, startedAt + quietMs - performance.now()));
    const sold = isWaiting ? await sellMany(t, app) : undefined;
    await delay(Math.max(0, startedAt + stallMs - performance.now()));
    const stalledMs = performance.now() - startedAt;
    t.step(`after ${(stalledMs / 1_000).toFixed(0)} s they read`);
    for (const one of [exported, before]) one.read();
    await mustBeWhole(t, [exported, before], stalledMs);
    if (sold && !closesAfterIt(before)) await mustHaveAll(t, before, slow, sold);
    t.step('on another stream nothing came for as long; then its event sells');
    await sell(t, app, '1');
    await mustStillHear(t, quiet);
  } finally {
    for (const one of [quiet, exported, before]) one.hangUp('FIN');
  }
}

/** False if the app takes one request from a connection. Whether the board is right, another behaviour judges. */
async function isListed(t: Stage, app: Instance, { path }: OpenRequest): Promise<boolean> {
  for (const until = performance.now() + stallMs / 2; performance.now() < until; await delay(50))
    if ((await send(t, app, { method: 'GET', path: '/under-way' })).text.includes(path)) return true;
  return false;
}

const closesAfterIt = ({ text }: OpenRequest) => /^connection: *close/im.test(text.slice(0, 1_000));

/** @returns the seats that were left after each. */
async function sellMany(t: Stage, app: Instance): Promise<number[]> {
  const agent = keptConnections(clients);
  const seatsLeft: number[] = [];
  let left = salesMeanwhile;
  const client = async () => {
    while (left-- > 0) seatsLeft.push(await sell(t, app, '3', agent));
  };
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    agent.destroy();
  }
  t.step(`meanwhile event 3 sells ${salesMeanwhile} times`);
  return seatsLeft;
}

async function sell(t: Stage, app: Instance, event: string, agent?: ReturnType<typeof keptConnections>) {
  const reply = await send(t, app, { method: 'POST', path: `/events/${event}/sales`, body: '{"seats":1}' }, agent);
  t.require(reply.status === 201, { step: `POST /events/${event}/sales`, expected: '201', seen: seen(reply) });
  return Number(JSON.parse(reply.text).seatsLeft);
}

async function mustStillHear(t: Stage, quiet: OpenRequest): Promise<void> {
  const hasHeard = () => salesIn(quiet).length > 0;
  for (const until = performance.now() + soonMs; !hasHeard() && performance.now() < until; await delay(20))
    if (quiet.ended) break;
  t.require(hasHeard(), {
    expected: 'the sale',
    seen: quiet.ended ? 'the app closed the connection' : 'nothing',
    because: 'Nothing was sold for some seconds, and the app takes the client of the stream for gone.',
    lookAt: 'what ends a connection on which nothing is sent?',
  });
}

/** @param connection has read both answers. */
async function mustHaveAll(t: Stage, connection: OpenRequest, { path }: OpenRequest, sold: number[]): Promise<void> {
  const wanted = inOrder(sold);
  const heard = () => {
    const { text } = connection;
    return salesIn({ text: text.slice(text.lastIndexOf('text/event-stream')) }).map((sale) =>
      Number(sale.split(':')[1]),
    );
  };
  let count = 0;
  for (let grewAt = performance.now(); count < sold.length && !connection.ended; await delay(50)) {
    if (heard().length > count) grewAt = performance.now();
    count = heard().length;
    if (performance.now() - grewAt > soonMs) break;
  }
  const got = heard();
  t.require(inOrder(got) === wanted, {
    step: `GET ${path.replace(/\?.*/, '')} of the client that has read nothing meanwhile`,
    expected: `${sold.length} sales, each once`,
    seen: `${got.length} sales${connection.ended ? ', and the app closed the connection' : ''}`,
  });
}

const inOrder = (seatsLeft: number[]) => seatsLeft.toSorted((a, b) => a - b).join();
