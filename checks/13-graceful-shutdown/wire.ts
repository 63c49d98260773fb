import { Agent, type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { type Order, orderOf } from './orders.ts';

/** An answer as it came over one connection, or why none came. */
export interface Reply {
  /** 0 when the connection broke, or was refused. */
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** "ECONNREFUSED", or "late". */
  broke?: string;
  /** performance.now() when it was whole, or when the connection broke. */
  at: number;
}

export interface Question {
  method?: string;
  body?: unknown;
  agent?: Agent | undefined;
  withinMs?: number;
  headers?: Record<string, string>;
}

/** Asks an instance past the balancer. A connection that breaks is an answer, too. */
export function send(app: Instance, path: string, question: Question = {}): Promise<Reply> {
  const { body, withinMs = 5_000 } = question;
  const { call, reply } = open(app, path, question);
  call.end(body === undefined ? undefined : JSON.stringify(body));
  return within(withinMs, call, reply);
}

/** Connections that are kept, and never closed by the client: whatever closes one is the app. */
export function keptByClient(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  // Node's own agent reads Keep-Alive and closes the connection a second before the server would.
  agent.keepSocketAlive = () => true;
  return agent;
}

export function inWords({ status, broke, text }: Reply): string {
  if (broke === 'late') return 'no answer in time';
  if (broke === 'ECONNREFUSED') return 'the connection was refused';
  if (broke) return `the connection broke: ${broke}`;
  return status < 400 ? String(status) : `${status} ${text.slice(0, 60)}`.trim();
}

/** How long an app may take to read the head of a request, on a busy machine. */
const begunWithinMs = 10_000;

/** An order of which the app has the head and not yet the body: it is in flight for as long as the check wants. */
export class HeldOrder {
  readonly order: Order;
  readonly #call: ClientRequest;
  readonly #reply: Promise<Reply>;

  private constructor(order: Order, call: ClientRequest, reply: Promise<Reply>) {
    this.order = order;
    this.#call = call;
    this.#reply = reply;
  }

  /** Resolves when the app has the head. */
  static async begin(t: Stage, app: Instance, agent?: Agent): Promise<HeldOrder> {
    const order = orderOf('held');
    const body = JSON.stringify(order);
    const headers = { expect: '100-continue', 'content-length': String(Buffer.byteLength(body)) };
    const { call, reply } = open(app, '/orders', { method: 'POST', agent, body: order, headers });
    const continued = new Promise<true>((resolve) => call.once('continue', () => resolve(true)));
    call.flushHeaders();
    const over = new AbortController();
    const late = delay(begunWithinMs, undefined, { signal: over.signal }).catch(() => {});
    const begun = await Promise.race([continued, reply, late]);
    over.abort(); // From here on it is held for as long as it takes.
    if (begun !== true) call.destroy();
    t.require(begun === true, {
      step: 'POST /orders, with its body to follow',
      expected: 'the app to wait for the body',
      seen: begun && begun !== true ? inWords(begun) : 'nothing',
    });
    return new HeldOrder(order, call, reply);
  }

  /** Sends the body. */
  finish(withinMs = 5_000): Promise<Reply> {
    this.#call.end(JSON.stringify(this.order));
    return within(withinMs, this.#call, this.#reply);
  }

  drop(): void {
    this.#call.destroy();
  }
}

function open(app: Instance, path: string, { method = 'GET', body, agent, headers }: Question) {
  const { hostname, port } = new URL(app.url);
  const type =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(JSON.stringify(body))) };
  const call = request({
    host: hostname.replace(/[[\]]/g, ''),
    port,
    method,
    path,
    agent: agent ?? false,
    headers: { ...type, ...headers },
  });
  const reply = new Promise<Reply>((resolve) => {
    const broke = (error: NodeJS.ErrnoException) =>
      resolve({ status: 0, headers: {}, text: '', broke: error.code ?? error.message, at: performance.now() });
    call.on('error', broke);
    call.on('response', (answer) => {
      const { statusCode: status = 0, headers } = answer;
      text(answer).then((text) => resolve({ status, headers, text, at: performance.now() }), broke);
    });
  });
  return { call, reply };
}

async function within(withinMs: number, call: ClientRequest, reply: Promise<Reply>): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Reply>((resolve) => {
    timer = setTimeout(() => {
      resolve({ status: 0, headers: {}, text: '', broke: 'late', at: performance.now() });
      call.destroy();
    }, withinMs);
  });
  return Promise.race([reply, late]).finally(() => clearTimeout(timer));
}
