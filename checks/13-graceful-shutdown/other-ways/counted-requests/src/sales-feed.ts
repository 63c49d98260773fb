import type { Response } from 'express';

/** Server-sent events: each order, to every browser that has the board open. */
export class SalesFeed {
  readonly #boards = new Set<Response>();

  open(res: Response): void {
    res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    res.write('retry: 750\n\n'); // Whenever and however the stream ends.
    this.#boards.add(res);
    res.once('close', () => this.#boards.delete(res));
  }

  close(): void {
    for (const board of this.#boards) board.end();
    this.#boards.clear();
  }

  tell(order: object): void {
    for (const board of this.#boards) board.write(`data: ${JSON.stringify(order)}\n\n`);
  }
}
