import { keptConnections, plainRequest } from '../harness/sdk/index.ts';

/** What came back of a flood: how many answers of each status; 0: the connection broke. */
export type Statuses = Map<number, number>;

const connections = 16;
const broken = { status: 0 };
/** Long, so that what is kept of each is no matter of rounding. */
const filler = 'x'.repeat(950);

/** Reads lists of cities that nobody has heard of, over a few kept connections, without a balancer in between. */
export async function flood(url: string, from: number, count: number): Promise<Statuses> {
  const agent = keptConnections(connections);
  const statuses: Statuses = new Map();
  let next = from;
  async function one(): Promise<void> {
    while (next < from + count) {
      const { status } = await plainRequest(`${url}/events?city=${next++}${filler}&page=1`, { agent }).catch(
        () => broken,
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  await Promise.all(Array.from({ length: connections }, one));
  agent.destroy();
  return statuses;
}
