import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  excerpt,
  type Instance,
  NoReply,
  type PlainReply,
  type PlainRequest,
  plainRequest,
  type Stage,
  watchOthers,
} from '../harness/sdk/index.ts';

const replacedWithinMs = 8_000;

/** When the check has last had to do with an app: what was counted since may not be in a scrape. */
const lastAsked = new WeakMap<Instance, number>();

export const msSinceAsked = (app: Instance) => performance.now() - (lastAsked.get(app) ?? Number.NEGATIVE_INFINITY);

export function touch(app: Instance): void {
  lastAsked.set(app, performance.now());
}

/** All that was asked is known to be in the next scrape. */
export function settle(app: Instance): void {
  lastAsked.delete(app);
}

/** What is asked, and the status that must come of it, or another one that is as good. */
export type Question = readonly [method: string, path: string, more: PlainRequest & { status: number; or?: number }];

/** Asks the instance itself, over a connection of its own: kept ones stay with one worker. */
export async function ask(t: Stage, app: Instance, ...question: Question): Promise<Answered> {
  return judge(t, question, await send(app, question));
}

/** Asks several things at the same time. They are judged in their order. */
export async function askAll(t: Stage, app: Instance, questions: readonly Question[]): Promise<Answered[]> {
  const replies = await Promise.all(questions.map((question) => send(app, question)));
  return replies.map((reply, n) => judge(t, questions[n] as Question, reply));
}

interface Answered extends PlainReply {
  /** As the client saw it. */
  seconds: number;
}

async function send(app: Instance, [method, path, { status, ...more }]: Question): Promise<Answered | NoReply> {
  const startedAt = performance.now();
  try {
    const reply = await untilTaken(app, status, () => plainRequest(app.url + path, { ...more, method }));
    return { ...reply, seconds: (performance.now() - startedAt) / 1_000 };
  } catch (error) {
    if (error instanceof NoReply) return error;
    throw error;
  } finally {
    touch(app);
  }
}

function judge(t: Stage, [method, path, { status, or = status }]: Question, reply: Answered | NoReply): Answered {
  const step = `${method} ${path}`;
  if (reply instanceof NoReply)
    return t.require(false, {
      step,
      expected: `${status}`,
      seen: `no answer: ${reply.message}`,
      because: 'The app gave no answer to a request that it has to answer.',
      lookAt: 'what does the app print meanwhile?',
    }) as never;
  t.require(reply.status === status || reply.status === or, {
    step,
    expected: or === status ? `${status}` : `${status} or ${or}`,
    seen: `${reply.status} ${excerpt(reply.text)}`.trim(),
    because: 'The answer is not what the README’s table says.',
    lookAt: 'what has changed in the answers besides being measured?',
  });
  return reply;
}

/**
 * While a worker is replaced nobody may listen. What is refused has not reached the app, so nobody counts it. In the second
 * after its start, an app may answer 503.
 */
async function untilTaken(app: Instance, status: number, ask: () => Promise<PlainReply>): Promise<PlainReply> {
  let isBusy: (() => boolean) | undefined; // Looking costs CPU time, and most requests are taken at once.
  for (const from = performance.now(); ; await delay(50)) {
    try {
      const reply = await ask();
      if (reply.status === status || reply.status !== 503 || !app.mayBeUnready) return reply;
    } catch (error) {
      const refused = error instanceof NoReply && error.message === 'ECONNREFUSED';
      if (!refused) throw error;
      isBusy ??= watchOthers();
      const waitedMs = performance.now() - from;
      if (waitedMs > 3 * replacedWithinMs || (waitedMs > replacedWithinMs && !isBusy())) throw error;
    }
  }
}

export const order = { event: '12', seats: 2 };
export const ada = { authorization: 'Bearer ada.9f31c7' };
/** A customer to whom nothing is offered. */
export const linus = { authorization: 'Bearer linus.c81a55' };

/** A request that waits for its answer until it hangs up, or that has sent only a part of its body. */
export class OpenRequest {
  readonly #socket: Socket;
  readonly #app: Instance;

  private constructor(app: Instance, socket: Socket) {
    this.#app = app;
    this.#socket = socket;
  }

  /** Resolves once it is sent. */
  static async send(app: Instance, method: string, path: string, body?: { text: string; sent: number }) {
    const { hostname, port } = new URL(app.url);
    const socket = connect({ host: hostname.replace(/[[\]]/g, ''), port: Number(port) });
    socket.on('error', () => {}); // The app may be killed, or break it.
    const head = [`${method} ${path} HTTP/1.1`, 'host: encore'];
    if (body) head.push('content-type: application/json', `content-length: ${body.text.length}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once('close', () => resolve());
    socket.write(`${head.join('\r\n')}\r\n\r\n${body?.text.slice(0, body.sent) ?? ''}`, () => resolve());
    await promise;
    return new OpenRequest(app, socket);
  }

  /** As a closed tab does, or as a phone in a tunnel. */
  hangUp(how: 'FIN' | 'RST' = 'FIN'): void {
    if (how === 'RST') this.#socket.resetAndDestroy();
    else this.#socket.destroy();
    touch(this.#app);
  }
}

/** Sends a body in two halves, the second of them after the pause. @returns the seconds until the answer. */
export async function sendSlowly(app: Instance, path: string, body: unknown, pause: Promise<unknown>): Promise<number> {
  const { hostname, port } = new URL(app.url);
  const text = JSON.stringify(body);
  const startedAt = performance.now();
  const socket = connect({ host: hostname.replace(/[[\]]/g, ''), port: Number(port) });
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => resolve());
  socket.on('close', () => resolve());
  socket.resume();
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: encore\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text.slice(0, 5)}`,
  );
  await pause;
  socket.write(text.slice(5));
  await promise;
  touch(app);
  return (performance.now() - startedAt) / 1_000;
}
