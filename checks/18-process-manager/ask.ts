import { type Agent, type ClientRequest, request } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  endsAfter,
  type Instance,
  type NoReply,
  type PlainRequest,
  plainRequest,
  type Stage,
  watchOthers,
} from '../harness/sdk/index.ts';
import { orderOf } from './orders.ts';

/** For a worker to take the head of an order; on a busy machine up to three times as long. */
const beginsWithinMs = 10_000;
/** Longer than a right app takes on a busy machine. */
const lookWithinMs = 15_000;

/** An answer, or why none came: then its status is 0, and its text is "ECONNREFUSED". */
export interface Reply {
  status: number;
  text: string;
}

/** Asks past the balancer, which would repeat a GET. Without an agent the connection is a fresh one. */
export function ask(app: Instance, path: string, question: PlainRequest = {}): Promise<Reply> {
  return plainRequest(new URL(path, app.url), question).catch((error: NoReply) => ({ status: 0, text: error.message }));
}

/** A GET whose answer nobody reads: to decode hundreds of pictures as text would cost the check more than they cost the app. */
export function look(app: Instance, path: string, agent: Agent): Promise<void> {
  return new Promise((resolve) => {
    const sent = request(new URL(path, app.url), { agent, signal: AbortSignal.timeout(lookWithinMs) });
    sent.on('error', () => resolve());
    sent.on('response', (answer) => answer.on('close', resolve).resume());
    sent.end();
  });
}

/** The worker that gives an answer to GET /live. Undefined while none does. */
export async function pidServing(app: Instance, agent?: Agent): Promise<number | undefined> {
  const { status, text } = await ask(app, '/live', { agent, withinMs: 5_000 });
  return status === 200 ? pidIn(text) : undefined;
}

export function pidIn(text: string): number | undefined {
  try {
    const { pid } = JSON.parse(text) as { pid?: unknown };
    return Number.isInteger(pid) ? (pid as number) : undefined;
  } catch {
    return undefined;
  }
}

export const inWords = ({ status, text }: Reply) =>
  status === 0 ? `the connection broke: ${text}` : `${status} ${status < 400 ? '' : plain(text).slice(0, 80)}`.trim();

/** What a page says, without its tags. */
const plain = (text: string) =>
  text
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** An order of which a worker has the head and not yet the body: it is in flight for as long as the check wants. */
export class HeldOrder {
  readonly success = 201;
  readonly what = 'the order';
  readonly rest = 'the body of the order';
  /** performance.now() when the answer came, or the connection broke. */
  endedAt: number | undefined;
  readonly id: string;
  readonly #order: string;
  readonly #call: ClientRequest;
  readonly #reply: Promise<Reply>;
  readonly #begun: Promise<unknown>;

  private constructor(app: Instance, agent?: Agent) {
    const order = orderOf('held');
    this.id = order.id;
    this.#order = JSON.stringify(order);
    this.#call = request(new URL('/orders', app.url), {
      method: 'POST',
      agent: agent ?? false,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(this.#order),
        expect: '100-continue',
      },
    });
    this.#begun = new Promise((resolve) => this.#call.once('continue', resolve));
    this.#reply = new Promise<Reply>((resolve) => {
      const broke = ({ code, message }: NodeJS.ErrnoException) => resolve({ status: 0, text: code ?? message });
      this.#call.on('error', broke);
      this.#call.on('response', (answer) =>
        text(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), broke),
      );
    });
    void this.#reply.then(() => {
      this.endedAt = performance.now();
    });
    this.#call.flushHeaders();
  }

  /**
   * Resolves when a worker has the head, or with what came in its place.
   * @param agent keeps the connection; without one it is closed after the answer.
   */
  static async tryToBegin(app: Instance, agent?: Agent): Promise<HeldOrder | Reply> {
    const held = new HeldOrder(app, agent);
    const late = Promise.withResolvers<Reply>();
    const stopWaiting = endsAfter({ limitMs: beginsWithinMs, watchMachine: watchOthers }, (ms) =>
      late.resolve({ status: 0, text: `no answer within ${ms / 1_000} s` }),
    );
    const reply = await Promise.race([held.#begun.then(() => undefined), held.#reply, late.promise]);
    stopWaiting();
    if (reply) held.drop();
    return reply ?? held;
  }

  static async begin(t: Stage, app: Instance, agent?: Agent): Promise<HeldOrder> {
    const held = await HeldOrder.tryToBegin(app, agent);
    if (held instanceof HeldOrder) return held;
    t.require(false, {
      step: 'POST /orders, with its body to follow',
      expected: 'the app to wait for the body',
      seen: inWords(held),
    });
    throw new TypeError('never reached');
  }

  /** Sends the body. */
  async finish(): Promise<Reply> {
    this.#call.end(this.#order);
    return this.#reply;
  }

  drop(): void {
    this.#call.destroy();
  }
}
