import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { pictureOf } from './pictures.ts';

interface Settings {
  feeCents: number;
  cents: Record<string, number>;
}

/** The ticket desk, as a request listener. */
export class Desk {
  readonly #redis: Redis;
  readonly #cents: Map<string, number>;
  readonly #feeCents: number;
  #soldOut = new Set<string>();

  constructor(redis: Redis, { cents, feeCents }: Settings) {
    this.#redis = redis;
    this.#cents = new Map(Object.entries(cents));
    this.#feeCents = feeCents;
  }

  /** Until Redis has answered. */
  async warmUp(): Promise<void> {
    for (;;) {
      const list = await this.#redis.smembers('encore:sold-out').catch(() => undefined);
      if (list) {
        this.#soldOut = new Set(list);
        return;
      }
      await delay(200);
    }
  }

  handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      await this.#route(req, res);
    } catch (error) {
      answer(res, error instanceof SyntaxError ? 400 : 503, { error: 'please try again' });
    }
  };

  async #route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname } = new URL(req.url ?? '/', 'http://desk');
    const asked = `${req.method} ${pathname}`;
    if (asked === 'GET /live') return answer(res, 200, { status: 'ok', pid: process.pid });
    if (asked === 'POST /orders') return this.#order((await json(req)) as Record<string, unknown>, res);
    const [, what, name = '', seat = ''] = /^GET \/(prices|pictures)\/([^/]+)(?:\/([^/]+))?$/.exec(asked) ?? [];
    const event = decodeURIComponent(name);
    const cents = this.#cents.get(event);
    if (cents === undefined) return answer(res, 404, { error: 'not found' });
    if (what === 'prices') return answer(res, 200, { event, cents, soldOut: this.#soldOut.has(event) });
    res.writeHead(200, { 'content-type': 'image/bmp' }).end(pictureOf(event, seat));
  }

  async #order({ id, event, seats }: Record<string, unknown>, res: ServerResponse): Promise<void> {
    const cents = this.#cents.get(String(event));
    const count = Number(seats);
    if (typeof id !== 'string' || !cents || !(count >= 1 && count <= 20))
      return answer(res, 400, { error: 'bad order' });
    if (this.#soldOut.has(String(event))) return answer(res, 409, { error: 'sold out' });
    const order = { id, event, seats: count, totalCents: count * cents + this.#feeCents };
    await this.#redis.rpush('encore:orders', JSON.stringify(order));
    console.log(`pid ${process.pid} took order ${id}`);
    answer(res, 201, order);
  }
}

function answer(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
