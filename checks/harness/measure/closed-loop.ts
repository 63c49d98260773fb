import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Call {
  method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
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

const timeoutMs = 20_000;

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
    const agent = new Agent({ keepAlive: true, maxSockets: this.#clients });
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

  #send({ method = 'GET', path, body }: Call, agent: Agent): Promise<void> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = payload ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } : {};
    return new Promise((resolve, reject) => {
      let late = false;
      const bad = (what: string) => reject(new BadAnswer(`${method} ${path}\t${what}`, { late }));
      const sent = request(new URL(path, this.#url), { method, agent, headers, timeout: timeoutMs });
      sent.on('timeout', () => {
        late = true;
        sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`));
      });
      sent.on('error', (error: NodeJS.ErrnoException) => bad(error.code ?? error.message));
      sent.on('response', (answer) => {
        const { statusCode = 0 } = answer;
        text(answer).then(
          (said) => (statusCode >= 200 && statusCode < 300 ? resolve() : bad(`${statusCode} ${said.slice(0, 80)}`)),
          (error: NodeJS.ErrnoException) => bad(error.code ?? error.message),
        );
      });
      sent.end(payload);
    });
  }
}
