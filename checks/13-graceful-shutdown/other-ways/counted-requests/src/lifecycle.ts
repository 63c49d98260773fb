import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NextFunction, Request, Response } from 'express';

type Phase = 'serving' | 'draining' | 'closing';

/** The phases of a process, and how many requests it has. */
export class Lifecycle {
  phase: Phase = 'serving';
  #inFlight = 0;

  middleware = (_req: Request, res: Response, next: NextFunction): void => {
    this.#inFlight++;
    res.on('close', () => {
      this.#inFlight--;
    });
    const writeHead = res.writeHead;
    res.writeHead = ((...how: Parameters<typeof writeHead>) => {
      if (this.phase === 'closing') res.setHeader('Connection', 'close');
      return writeHead.apply(res, how);
    }) as typeof writeHead;
    next();
  };

  /** @returns whether everything was answered in time. */
  async end(server: Server, { delayMs, timeoutMs }: { delayMs: number; timeoutMs: number }): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    this.phase = 'draining';
    await sleep(Math.min(delayMs, timeoutMs));
    this.phase = 'closing';
    server.close();
    while (this.#inFlight > 0 && performance.now() < deadline) await sleep(20);
    return this.#inFlight === 0;
  }
}
