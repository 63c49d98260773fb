import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import type { Kind } from './kinds.ts';

/** Connections that requests have, one after the other. */
const atOnce = 8;
/** By then an app has noticed that a connection is closed. */
const noticedWithinMs = 1_000;

/** Less than an image. */
const settledBytes = 20_000;

export interface Held {
  /** On the heap, and in Buffers outside of it. */
  bytes: number;
  /** Timers that keep the process alive. */
  timers: number;
}

/** Eight clients, who take turns; the requests of a round follow each other. */
export async function sendRounds(t: Stage, app: Instance, kinds: Kind[], times: number, agent?: Agent): Promise<void> {
  const own = agent ?? keptAgent();
  let left = times;
  const client = async () => {
    while (left-- > 0) for (const kind of kinds) await kind.once(t, app, own);
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, client));
  } finally {
    if (!agent) own.destroy();
  }
}

const keptAgent = () => new Agent({ keepAlive: true, maxSockets: atOnce });

/**
 * What the app holds once it has noticed that all connections but so many are closed. The bytes of Buffers are given back
 * beside a collection, after it, and megabytes of them would go at a later look: so it ends when another one finds no more.
 */
export async function heldBy(app: Instance, connections = 0): Promise<Held> {
  let last = Number.POSITIVE_INFINITY;
  for (const until = performance.now() + noticedWithinMs; ; await delay(10)) {
    const { heapUsed, external, resources } = await app.probe.heldAfterGc();
    const bytes = heapUsed + external;
    const isSettled = bytes > last - settledBytes && (resources.TCPSocketWrap ?? 0) <= connections;
    last = bytes;
    if (!isSettled && performance.now() < until) continue;
    return { bytes, timers: resources.Timeout ?? 0 };
  }
}

/**
 * The memory of the app from look to look. Its connections are kept, as a balancer keeps them, so that what is only let go of
 * with a connection stays.
 */
export class Memory {
  readonly #t: Stage;
  readonly #agent = keptAgent();
  /** Connections of others, such as the balancer. */
  readonly #others: number;
  #bytes: number;

  private constructor(t: Stage, others: number, bytes: number) {
    this.#t = t;
    this.#others = others;
    this.#bytes = bytes;
  }

  static async of(t: Stage): Promise<Memory> {
    const { heapUsed, external, resources } = await t.app().probe.heldAfterGc();
    return new Memory(t, resources.TCPSocketWrap ?? 0, heapUsed + external);
  }

  /** By how many bytes it is more after so many rounds of requests than at the last look. */
  async after(kinds: Kind[], rounds: number, waitMs = 0): Promise<number> {
    await sendRounds(this.#t, this.#t.app(), kinds, rounds, this.#agent);
    await delay(waitMs);
    const kept = Object.values(this.#agent.freeSockets).reduce((sum, sockets) => sum + (sockets?.length ?? 0), 0);
    const { bytes } = await heldBy(this.#t.app(), this.#others + kept);
    const more = bytes - this.#bytes;
    this.#bytes = bytes;
    return more;
  }

  close(): void {
    this.#agent.destroy();
  }
}
