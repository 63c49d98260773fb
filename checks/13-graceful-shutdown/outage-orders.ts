import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { orderOf, storedOrders } from './orders.ts';
import { isYes } from './ready.ts';
import { inWords, type Reply, send } from './wire.ts';

const atOnce = 3;
/** An app may also wait until Redis is back, and answer then. */
const answerWithinMs = 12_000;
/** How long orders may take to Redis, on a busy machine. */
const storedWithinMs = 1_000;
/** An app may also try again for longer. */
const refusesMs = 1_000;
const list = 'encore:orders';
const aside = 'encore:orders-aside';

interface Sent {
  id: string;
  when: string;
  reply: Reply;
  /** Whether the order was in the list when the answer had come. */
  isStored: boolean;
}

/** Orders that are sent while Redis is away. Each is sent once: whoever repeats it is the app. */
export class OutageOrders {
  readonly #app: Instance;
  readonly #redis: RedisHandle;
  /** In front of each id. */
  readonly #kind: string;
  readonly #sent: Promise<Sent>[] = [];

  constructor(app: Instance, redis: RedisHandle, kind: string) {
    this.#app = app;
    this.#redis = redis;
    this.#kind = kind;
  }

  /** @param when as in "sent while Redis hung". */
  send(when: string): void {
    for (let n = 0; n < atOnce; n++) {
      const sent = this.#sendOne(when);
      sent.catch(() => {}); // Whoever asks what became of it is told.
      this.#sent.push(sent);
    }
  }

  /** Redis stores orders, and the connection breaks before it can say so. Then Redis is there again. */
  async breakConnection(): Promise<void> {
    const wanted = this.#sent.length + atOnce;
    this.#redis.holdReplies();
    this.send('whose connection to Redis broke before the reply');
    for (const until = performance.now() + storedWithinMs; performance.now() < until; await delay(20))
      if ((await storedOrders(this.#redis, this.#kind)).size >= wanted) break;
    await this.#redis.cut();
    await this.#redis.restore();
  }

  /** Redis is there, and its reply is an error: what holds the orders is no list for the moment. */
  async refuse(): Promise<void> {
    const { client } = this.#redis;
    await client.rename(list, aside).catch(() => {}); // There may be no order yet.
    await client.set(list, 'somebody is repairing it');
    const before = this.#sent.length;
    this.send('to which Redis replied with an error, because encore:orders was no list');
    await Promise.race([Promise.all(this.#sent.slice(before)), delay(refusesMs)]);
    await client.del(list);
    await client.rename(aside, list).catch(() => {});
  }

  /** A 201 says that the order is in the list. Any other answer leaves open whether it is. It is never there twice. */
  async mustBeStoredOnce(t: Stage): Promise<void> {
    const sent = await Promise.all(this.#sent);
    const stored = await storedOrders(this.#redis, this.#kind);
    for (const { when, reply, isStored } of sent)
      t.require(!isYes(reply.status) || isStored, {
        step: `POST /orders, ${when}`,
        expected: '201 once the order is in encore:orders, and an error otherwise',
        seen: `${reply.status}, and the order was not there`,
        because: 'A customer has a confirmation for an order that is not stored, and that nobody may ever store.',
        lookAt: 'does the answer wait for the reply of Redis, and what does it say when none comes, or an error?',
      });
    for (const { id, when, reply } of sent) {
      const times = stored.get(id) ?? 0;
      t.require(times <= 1, {
        step: `POST /orders, ${when}; it was sent once: ${reply.status || inWords(reply)}`,
        expected: 'the order once in encore:orders, or not at all',
        seen: `${times} times`,
        because:
          'A command that got no reply may have been done all the same. This one had been done, or was done later, and was sent again.',
        lookAt: 'who repeats a command without a reply: code of yours, or the client of Redis?',
      });
    }
  }

  async #sendOne(when: string): Promise<Sent> {
    const order = orderOf(this.#kind);
    const reply = await send(this.#app, '/orders', { method: 'POST', body: order, withinMs: answerWithinMs });
    const stored = isYes(reply.status) && (await storedOrders(this.#redis, this.#kind).catch(() => undefined));
    const isStored = stored ? stored.has(order.id) : false;
    return { id: order.id, when, reply, isStored };
  }
}
