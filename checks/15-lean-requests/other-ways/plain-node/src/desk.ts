import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { fieldsOf, readJson, text, whole } from './body.ts';
import { Packed } from './packed.ts';
import { Refusal } from './refusal.ts';
import { findShow, type ShowRow, shows } from './shows.ts';
import type { TinyRedis } from './tiny-redis.ts';

const poster = readFileSync(new URL('./poster.jpg', import.meta.url));
const word = /^[\p{L}\p{N}]+$/u;

const shown = (show: ShowRow) => ({
  id: show.id,
  title: show.title,
  city: show.city,
  startsAt: show.startsAt,
  priceCents: show.priceCents,
  seatsLeft: show.seatsLeft,
});

/** The shop without a framework. Each route does what it needs, and nothing is done before the route is known. */
export function desk(redis: TinyRedis): RequestListener {
  let programme: Packed | undefined;

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [path = '', query = ''] = (req.url ?? '').split('?', 2);
    const send = (value: unknown, status = 200) => {
      res.statusCode = status;
      new Packed(value).send(req, res);
    };
    switch (`${req.method} ${path}`) {
      case 'GET /health':
        return send({ status: 'ok' });
      case 'GET /shows': {
        const city = only(new URLSearchParams(query), 'city')?.toLowerCase();
        if (city !== undefined) return send(shows.filter((show) => show.city.toLowerCase() === city).map(shown));
        programme ??= new Packed(shows.map(shown));
        return programme.send(req, res);
      }
      case 'GET /search': {
        const term = only(new URLSearchParams(query), 'q');
        // Word by word: what is split at each space and hyphen can't be split in another way.
        if (!term?.split(/[ -]/).every((part) => word.test(part))) throw new Refusal(400);
        return send(shows.filter((show) => show.title.toLowerCase().includes(term.toLowerCase())).map(shown));
      }
      case 'GET /poster':
        return void res.setHeader('Content-Type', 'image/jpeg').end(poster);
      case 'POST /orders': {
        const fields = fieldsOf(
          await readJson(req),
          new Map([
            ['show', text(20)],
            ['seats', whole(8)],
          ]),
        );
        const show = findShow(String(fields.get('show')));
        const seats = Number(fields.get('seats'));
        if (!show) throw new Refusal(404);
        if (show.seatsLeft < seats) throw new Refusal(409);
        show.seatsLeft -= seats;
        programme = undefined;
        return send({ order: randomUUID(), show: show.id, seats, totalCents: seats * show.priceCents }, 201);
      }
      case 'POST /visitors': {
        const name = fieldsOf(await readJson(req), new Map([['name', text(60)]])).get('name');
        const visitor = { name, since: new Date().toISOString() };
        const id = randomUUID();
        await redis.send('SET', `visitor:${id}`, JSON.stringify(visitor), 'EX', '3600');
        res.setHeader('Set-Cookie', `visitor=${id}; Path=/; HttpOnly; SameSite=Lax`);
        return send(visitor, 201);
      }
      case 'GET /me': {
        const [, id] = /(?:^|; *)visitor=([\w-]+)/.exec(req.headers.cookie ?? '') ?? [];
        const visitor = id && (await redis.send('GET', `visitor:${id}`));
        if (!visitor) throw new Refusal(401);
        return send(JSON.parse(String(visitor)));
      }
    }
    const [, id] = /^\/shows\/([\w-]+)$/.exec(path) ?? [];
    const show = id && req.method === 'GET' && findShow(id);
    if (!show) throw new Refusal(404);
    send({ ...shown(show), description: show.description });
  }

  return (req, res) => {
    handle(req, res).catch((error: unknown) => {
      const { status, fields } = error instanceof Refusal ? error : new Refusal(req.destroyed ? 408 : 500);
      if (status === 500) console.error(error);
      // What is left of the body is not wanted, so the connection can't be used again.
      if (!req.complete) res.setHeader('Connection', 'close');
      res.statusCode = status;
      new Packed({ error: status, fields }).send(req, res);
    });
  };
}

/** The one value of that name, undefined if it is not there. */
function only(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name);
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length > 1 || value === '' || [...value].length > 60) throw new Refusal(400);
  return value;
}
