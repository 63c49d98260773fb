import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RequestHandler, Response } from 'express';

/** Requests in flight, and how to end a server without breaking one of them. */
export class Drain {
  /** From the signal on: the balancer shall send nothing more, and until it knows, everything is served. */
  started = false;
  readonly #responses = new Set<Response>();
  #closing: Server | undefined;

  /** Before everything else. */
  readonly count: RequestHandler = (_req, res, next) => {
    this.#responses.add(res);
    res.once('close', () => {
      this.#responses.delete(res);
      this.#closeUnused();
    });
    if (this.#closing) sayClose(res);
    next();
  };

  /** Resolves when no connection is left. */
  async close(server: Server): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve)); // No new connections. Idle ones are closed.
    this.#closing = server;
    for (const res of this.#responses) sayClose(res);
    this.#closeUnused();
    await closed;
  }

  /** Without a request in flight, whatever is still open is unused, such as one with half of a head. */
  #closeUnused(): void {
    if (this.#responses.size === 0) this.#closing?.closeAllConnections();
  }
}

/** A client that reads this sends its next request on another connection. */
function sayClose(res: Response): void {
  if (!res.headersSent) res.set('Connection', 'close');
}

export interface DrainOptions {
  drain: Drain;
  server: Server;
  /** How long requests are still served: longer than the balancer takes to notice. */
  delayMs: number;
  /** When to end although a request is in flight, from the signal. */
  timeoutMs: number;
  /** Called last, with what happened. */
  ending(how: string): Promise<void>;
}

/** Drains on SIGTERM and SIGINT. The handlers stay, so a second signal changes nothing. */
export function drainOnSignal({ drain, server, delayMs, timeoutMs, ending }: DrainOptions): void {
  const end = async (how: string, code: number) => {
    await ending(how);
    process.exit(code);
  };
  const onSignal = async () => {
    if (drain.started) return;
    drain.started = true;
    setTimeout(() => void end(`requests still in flight after ${timeoutMs} ms`, 1), timeoutMs);
    await delay(delayMs);
    await drain.close(server);
    await end('drained', 0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
