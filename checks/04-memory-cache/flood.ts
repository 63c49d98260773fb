import { Agent, get } from 'node:http';

/** What came back of a flood: how many answers of each status; 0: the connection broke. */
export type Statuses = Map<number, number>;

const connections = 16;
/** Long, so that what is kept of each is no matter of rounding. */
const filler = 'x'.repeat(950);

/** Reads lists of cities that nobody has heard of, over a few kept connections, without a balancer in between. */
export async function flood(url: string, from: number, count: number): Promise<Statuses> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statuses: Statuses = new Map();
  let next = from;
  async function one(): Promise<void> {
    while (next < from + count) {
      const status = await statusOf(`${url}/events?city=${next++}${filler}&page=1`, agent);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  await Promise.all(Array.from({ length: connections }, one));
  agent.destroy();
  return statuses;
}

function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    get(url, { agent }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    }).on('error', () => resolve(0));
  });
}
