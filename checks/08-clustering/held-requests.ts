import type { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { keptConnection, mustAnswer } from './requests.ts';
import { settled } from './workers.ts';

/** Clients of Redis commonly wait for a second or more. */
export const mostHeldMs = 800;
/** Less than the five seconds after which Node closes a connection that nobody uses. */
const mostIdleMs = 4_000;

export interface Subject {
  app: Instance;
  redis: Stage['redis'];
  workers: number;
}

export interface HeldRequests {
  count: number;
  /** Milliseconds for which a right app still waits for Redis. */
  leftMs(): number;
  /** Redis answers again. */
  letGo(): void;
  /** The first failure among the answers, once all are there. */
  failure: Promise<unknown>;
  /** Closes the connections, which stay open until then, idle ones too. */
  end(): Promise<void>;
}

/**
 * Requests in flight in every worker: they wait for Redis, which says nothing. As many connections again are kept and idle.
 * @returns undefined when the machine is so slow that a right app may have given up waiting for Redis, or closed a
 * connection on which nothing came.
 */
export async function holdRequests(t: Stage, { app, redis, workers }: Subject): Promise<HeldRequests | undefined> {
  const agents: Agent[] = Array.from({ length: 8 * workers }, keptConnection);
  const end = async () => {
    redis.resume();
    for (const agent of agents) agent.destroy();
  };
  try {
    // A kept connection that has had an answer is one that a worker has accepted.
    await Promise.all(agents.map((agent) => mustAnswer(t, app, 'GET', '/health', { agent })));
    const idleSince = performance.now();
    if (!(await settled(app, mostIdleMs)) || performance.now() - idleSince > mostIdleMs) {
      await end();
      return undefined;
    }
    const heldFrom = performance.now();
    const leftMs = () => mostHeldMs - (performance.now() - heldFrom);
    redis.pause();
    const busy = agents.slice(0, 4 * workers);
    const failure = Promise.all(
      busy.map((agent, i) => mustAnswer(t, app, i % 2 ? 'GET' : 'POST', '/visits', { agent })),
    ).then(
      () => undefined,
      (error: unknown) => error,
    );
    await delay(50);
    // They have arrived: who sleeps has read all that was there.
    if (await settled(app, leftMs() / 2))
      return { count: busy.length, leftMs, letGo: () => redis.resume(), failure, end };
    redis.resume();
    await failure;
    await end();
    return undefined;
  } catch (error) {
    await end();
    throw error;
  }
}
