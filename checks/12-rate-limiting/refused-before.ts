import type { Instance, Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { type Asked, read } from './each-route.ts';
import { newAddress, reads } from './limits.ts';

/**
 * An address and a user use up their reads and are refused on each instance: whoever remembers a refusal outside of Redis has
 * something to remember.
 * @returns the reads of both, as they must be answered when Redis is away.
 */
export async function useUpReads(t: Stage, apps: Instance[], token: string, windowS: number): Promise<Asked[]> {
  const clients = [{ from: newAddress() }, { from: newAddress(), token }];
  for (const who of clients) await new Client(t, reads, { apps, windowS, ...who }).asks(reads.most + apps.length);
  return clients.map((who) => ({ ...read, ...who, wasRefused: true }));
}
