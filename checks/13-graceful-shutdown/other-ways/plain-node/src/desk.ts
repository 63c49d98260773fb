import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Log } from './log.ts';
import type { TinyRedis } from './tiny-redis.ts';

/** The ticket desk, as a request listener. */
export class Desk {
  ready = true;
  readonly boards = new Set<ServerResponse>();
  readonly #redis: TinyRedis;
  readonly #log: Log;
  #prices: Map<string, number> | undefined;

  constructor(redis: TinyRedis, log: Log) {
    this.#redis = redis;
    this.#log = log;
  }

  /** Until Redis has a list. */
  async warmUp(): Promise<void> {
    const words = ((await this.#redis.send('HGETALL', 'encore:prices').catch(() => [])) ?? []) as string[];
    const pairs = words.flatMap((word, n): [string, number][] => (n % 2 ? [] : [[word, Number(words[n + 1])]]));
    if (pairs.length > 0) this.#prices = new Map(pairs);
    else setTimeout(() => void this.warmUp(), 300);
  }

  handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      await this.#route(req, res);
    } catch (error) {
      if (res.headersSent || res.destroyed) res.destroy();
      else answer(res, error instanceof SyntaxError ? 400 : 503, { error: 'please try again' });
    }
  };

  async #route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname } = new URL(req.url ?? '/', 'http://desk');
    const asked = `${req.method} ${pathname}`;
    if (asked === 'GET /live') return answer(res, 200, {});
    if (asked === 'GET /ready') return answer(res, (await this.#isReady()) ? 200 : 503, {});
    if (asked === 'GET /sales') return this.#open(res);
    if (asked === 'POST /orders') return this.#order((await json(req)) as Record<string, unknown>, res);
    const event = /^GET \/prices\/([^/]+)$/.exec(asked)?.[1];
    const cents = event && this.#prices?.get(decodeURIComponent(event));
    if (cents) answer(res, 200, { event: decodeURIComponent(event), cents });
    else answer(res, 404, { error: 'not found' });
  }

  async #isReady(): Promise<boolean> {
    if (!this.ready || !this.#prices) return false;
    return this.#redis.send('PING').then(
      () => this.ready,
      () => false,
    );
  }

  async #order(body: Record<string, unknown>, res: ServerResponse): Promise<void> {
    const { id, event, seats } = body ?? {};
    const cents = this.#prices?.get(String(event));
    const count = Number(seats);
    if (typeof id !== 'string' || !cents || !(count >= 1 && count <= 20))
      return answer(res, 400, { error: 'bad order' });
    const order = { id, event, seats: count, totalCents: count * cents };
    await this.#redis.send('RPUSH', 'encore:orders', JSON.stringify(order));
    this.#log.line(`order ${id}`);
    for (const board of this.boards) board.write(`data: ${JSON.stringify(order)}\n\n`);
    answer(res, 201, order);
  }

  #open(res: ServerResponse): void {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 1500\n\n');
    this.boards.add(res);
    res.once('close', () => this.boards.delete(res));
  }
}

function answer(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
