import type { Response } from 'express';

/** Server-sent events: each order, to every browser that has the board open. */
export class SalesFeed {
  readonly #boards = new Set<Response>();

  open(res: Response): void {
    res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    res.write(': open\n\n');
    this.#boards.add(res);
    res.once('close', () => this.#boards.delete(res));
  }

  /** Ends every stream. The browser opens a new one after this pause, on another instance. */
  end(): void {
    for (const board of this.#boards) board.end('retry: 500\n\n');
    this.#boards.clear(); // An order in flight must not write to a stream that has ended.
  }

  tell(order: object): void {
    for (const board of this.#boards) board.write(`data: ${JSON.stringify(order)}\n\n`);
  }
}
