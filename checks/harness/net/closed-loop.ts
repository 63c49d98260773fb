import type { Agent } from 'node:http';
import { keptConnections, type NoReply, plainRequest } from './plain-request.ts';

export interface Call {
  method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** What one client does before the next one has its turn. `n` counts up from 0. */
export type Turn = (n: number) => Call[];

/** A call that was not answered with 2xx, or not at all. */
export class BadAnswer extends Error {
  /** Nothing came in time. */
  readonly late: boolean;
  constructor(message: string, { late = false } = {}) {
    super(message);
    this.late = late;
  }
}

const withinMs = 20_000;

/**
 * A closed workload: so many clients over kept connections, each sending its next call when the last one is answered.
 * No connection outlives a run. Between two of them an app may be idle for as long as it keeps connections (Node: five
 * seconds), and would close one at the moment when it is written to.
 */
export class ClosedLoop {
  readonly #url: string;
  readonly #turn: Turn;
  readonly #clients: number;
  #next = 0;

  constructor(url: string, turn: Turn, clients: number) {
    this.#url = url;
    this.#turn = turn;
    this.#clients = clients;
  }

  /**
   * Every client takes turns until the time is over and so many turns are done, and finishes the one it has begun.
   * @returns how many turns were done.
   * @throws {BadAnswer}
   */
  async run({ forMs = 0, atLeastTurns = 0 }: { forMs?: number; atLeastTurns?: number }): Promise<number> {
    const agent = keptConnections(this.#clients);
    const until = performance.now() + forMs;
    let done = 0;
    let begun = 0;
    const client = async () => {
      while (begun < atLeastTurns || performance.now() < until) {
        begun++;
        for (const call of this.#turn(this.#next++)) await this.#send(call, agent);
        done++;
      }
    };
    try {
      await Promise.all(Array.from({ length: this.#clients }, client));
    } finally {
      agent.destroy();
    }
    return done;
  }

  async #send({ method = 'GET', path, body, headers }: Call, agent: Agent): Promise<void> {
    const bad = (what: string, late = false) => new BadAnswer(`${method} ${path}\t${what}`, { late });
    const { status, text } = await plainRequest(new URL(path, this.#url), {
      method,
      body,
      headers,
      agent,
      withinMs,
    }).catch((error: NoReply) => {
      throw bad(error.message, error.late);
    });
    if (status < 200 || status >= 300) throw bad(`${status} ${text.slice(0, 80)}`);
  }
}
