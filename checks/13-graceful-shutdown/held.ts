import type { Agent, ClientRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { type HangUp, hangUp } from './hang-ups.ts';
import { type Order, orderOf } from './orders.ts';
import { inWords, open, type Reply, textOf, within } from './wire.ts';

/** How long an app may take to read the head of a request, on a busy machine. */
const begunWithinMs = 10_000;

export interface HeldQuestion {
  method?: string;
  path?: string;
  /** Sent as it is, if it is text; anything else as JSON. */
  body: unknown;
  /** Sent without its length, so that the app can't say from the head that it is too long. */
  isChunked?: boolean;
  agent?: Agent | undefined;
}

/** A request of which the app has the head and not yet the body: it is in flight for as long as the check wants. */
export class Held {
  readonly what: string;
  /** Whoever needs no body need not wait for it. */
  isAnswered = false;
  readonly #body: string;
  readonly #call: ClientRequest;
  readonly #reply: Promise<Reply>;

  private constructor(what: string, body: string, call: ClientRequest, reply: Promise<Reply>) {
    this.what = what;
    this.#body = body;
    this.#call = call;
    this.#reply = reply;
    reply.then(() => {
      this.isAnswered = true;
    });
  }

  /** Resolves when the app has the head. */
  static async begin(t: Stage, app: Instance, question: HeldQuestion): Promise<Held> {
    const { method = 'POST', path = '/orders', body, isChunked, agent } = question;
    const what = `${method} ${path}`;
    const headers = { expect: '100-continue', ...(isChunked ? { 'content-length': undefined } : {}) };
    const { call, reply } = open(app, path, { method, agent, body, headers });
    const continued = new Promise<true>((resolve) => call.once('continue', () => resolve(true)));
    call.flushHeaders();
    const over = new AbortController();
    const late = delay(begunWithinMs, undefined, { signal: over.signal }).catch(() => {});
    const begun = await Promise.race([continued, reply, late]);
    over.abort(); // From here on it is held for as long as it takes.
    if (begun !== true) call.destroy();
    t.require(begun === true, {
      step: `${what}, with its body to follow`,
      expected: 'the app to wait for the body',
      seen: begun && begun !== true ? inWords(begun) : 'nothing',
    });
    return new Held(what, textOf(body), call, reply);
  }

  /** Sends the body. */
  finish(withinMs = 5_000): Promise<Reply> {
    this.#call.end(this.#body);
    return within(withinMs, this.#call, this.#reply);
  }

  drop(how: HangUp = 'closes'): void {
    hangUp(this.#call, how);
  }
}

export interface HeldOrder extends Held {
  order: Order;
}

export async function holdOrder(t: Stage, app: Instance, agent?: Agent): Promise<HeldOrder> {
  const order = orderOf('held');
  return Object.assign(await Held.begin(t, app, { body: order, agent }), { order });
}
