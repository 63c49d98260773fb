import { Agent } from 'node:http';
import {
  type CheckDefinition,
  compareCost,
  type Instance,
  type LoadShape,
  type Stage,
  type Teaching,
} from '../harness/sdk/index.ts';
import { ask, mustBe } from './ask.ts';

/** By the contract: a quarter. */
const limitOfStarter = 0.25;
const showsInAll = 240;
const encodings = ['gzip', 'br, gzip;q=0.5', 'gzip, deflate, br', 'br, gzip'];

export function cpuBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'cpu',
    "a list takes at most a quarter of the starter's CPU time",
    {
      because: 'A list still costs too much of what it cost in the starter.',
      lookAt: 'how many bytes are turned into JSON, and how hard does the app try to make them smaller?',
    },
    async (t) => {
      await plainLists(t);
      await compareCost(t, {
        // After an order, so that a list which is kept until the next one is paid for, too.
        what: 'CPU time of an order and a list',
        turn: (n) => [
          { method: 'POST', path: '/orders', body: { show: String(1 + (n % showsInAll)), seats: 1 } },
          { path: '/shows', headers: { 'accept-encoding': encodings[n % encodings.length] as string } },
        ],
        limitOfStarter,
      });
    },
    { limitMs: 90_000 },
  );
}

interface OtherClient {
  /** For the sentences: what these lists are. */
  lists: string;
  headers: Record<string, string>;
  rounds: number;
  each: number;
  /** What its lists may cost, in lists of the starter. */
  limit: number;
  teaching: Teaching;
}

const workOnRows: Teaching = {
  because: 'A list that is not compressed costs more than in the starter, where whole rows were turned into JSON.',
  lookAt: 'what does the app do with a row before it has its six fields: is all of it copied or turned into text?',
};
const workOnEncoding: Teaching = {
  because:
    'Without Accept-Encoding, the list costs no more than in the starter. Whatever the app does for this header costs more than all that the starter did.',
  lookAt:
    'which encoding does the app choose for this client, and how hard does the app try to make the list small? Unless it is told otherwise, brotli in zlib tries as hard as it can.',
};

/** Who does not accept gzip: to all of them the starter sends the same plain text. */
const otherClients: OtherClient[] = [
  { lists: 'lists without Accept-Encoding', headers: {}, rounds: 5, each: 30, limit: 1, teaching: workOnRows },
  ...['br', 'deflate'].map((encoding) => ({
    lists: `lists with Accept-Encoding: ${encoding}`,
    headers: { 'accept-encoding': encoding },
    rounds: 3,
    each: 15,
    // By the contract it is one. Right apps come to 0.7 on a busy machine, and brotli that tries its hardest to ten and more.
    limit: 2,
    teaching: workOnEncoding,
  })),
];

/**
 * Without gzip a list cost the starter so little that it is only compared with that. Right apps come to 0.1 to 0.35 of it, and
 * whoever copies the rows first, to more than twice as much.
 */
async function plainLists(t: Stage): Promise<void> {
  const app = t.app();
  const starter = await t.startReference('starter');
  try {
    for (const client of otherClients) {
      const share = await plainShare(t, app, starter, client);
      t.trail.begin(`${client.rounds} × ${client.each} ${client.lists}, and as many of the starter`);
      t.atMost(`CPU time of ${client.lists}, compared with the starter`, share, client.limit, 'times', client.teaching);
    }
  } finally {
    await starter.kill();
  }
}

async function plainShare(t: Stage, app: Instance, starter: Instance, client: OtherClient): Promise<number> {
  for (const warmedUp of [starter, app]) await plainCost(t, warmedUp, client);
  const shares: number[] = [];
  // In turns: what drifts meanwhile meets both alike.
  for (let n = 0; n < client.rounds; n++)
    shares.push((await plainCost(t, app, client)) / (await plainCost(t, starter, client)));
  return shares.sort((a, b) => a - b)[Math.floor(client.rounds / 2)] as number;
}

async function plainCost(t: Stage, app: Instance, { headers, each }: OtherClient): Promise<number> {
  // One connection for all: to accept one costs any app as much as some of these lists, and hides what they cost.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const before = await app.probe.cpuMs();
  for (let n = 0; n < each; n++) mustBe(t, await ask(t, app, 'GET', '/shows', { headers, agent }), 200);
  const cpu = (await app.probe.cpuMs()) - before;
  agent.destroy();
  t.trail.begin();
  return cpu;
}

const lists = 12;

/** Scaled to this machine: as many lists a second as would take the starter a third more than the one core it has. */
export async function listLoad(t: Stage): Promise<LoadShape> {
  const starter = await t.startReference('starter');
  const visitor = t.visitor({ at: starter });
  const ask = async () => (await visitor.get('/shows', { headers: { 'accept-encoding': 'gzip' } })).mustBe(200);
  for (let n = 0; n < lists; n++) await ask();
  const before = await starter.probe.cpuMs();
  for (let n = 0; n < lists; n++) await ask();
  const listMs = ((await starter.probe.cpuMs()) - before) / lists;
  await starter.kill();
  const perSecond = 1_350 / listMs;
  const each = Math.max(2, Math.ceil(perSecond / 12));
  const arrivalRate = Math.max(2, Math.round(perSecond / each));
  return {
    phases: [{ duration: 4, arrivalRate }],
    variables: { each },
    note: `a list costs the starter ${listMs.toFixed(0)} ms of CPU here: ${arrivalRate * each} a second would take ${((arrivalRate * each * listMs) / 1_000).toFixed(1)} cores of it`,
  };
}
