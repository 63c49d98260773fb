import { Agent, type ClientRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Instance } from '../harness/sdk/index.ts';

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
  /** Sent as it is, if it is text; anything else as JSON. */
  body?: unknown;
  agent?: Agent | undefined;
  withinMs?: number;
  headers?: OutgoingHttpHeaders;
}

/** Asks an instance past the balancer. A connection that breaks is an answer, too. */
export function send(app: Instance, path: string, question: Question = {}): Promise<Reply> {
  const { body, withinMs = 5_000 } = question;
  const { call, reply } = open(app, path, question);
  call.end(textOf(body));
  return within(withinMs, call, reply);
}

/** Connections that are kept, and never closed by the client: whatever closes one is the app. */
export function keptByClient(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  // Node's own agent reads Keep-Alive and closes the connection a second before the server would.
  agent.keepSocketAlive = () => true;
  return agent;
}

export const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body));

export const saysClose = ({ headers }: Reply) => /\bclose\b/i.test(headers.connection ?? '');

export function inWords({ status, broke, text }: Reply): string {
  if (broke === 'late') return 'no answer in time';
  if (broke === 'ECONNREFUSED') return 'the connection was refused';
  if (broke) return `the connection broke: ${broke}`;
  return status < 400 ? String(status) : `${status} ${text.slice(0, 60)}`.trim();
}

interface Opened {
  call: ClientRequest;
  /** Resolves when the head of an answer has come, or none will come any more. */
  head: Promise<void>;
  reply: Promise<Reply>;
}

/** Begins a request. Whoever calls this sends the body and the end. */
export function open(app: Instance, path: string, { method = 'GET', body, agent, headers }: Question): Opened {
  const { hostname, port } = new URL(app.url);
  const type =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(textOf(body)) };
  const call = request({
    host: hostname.replace(/[[\]]/g, ''),
    port,
    method,
    path,
    agent: agent ?? false,
    headers: Object.fromEntries(Object.entries({ ...type, ...headers }).filter(([, value]) => value !== undefined)),
  });
  const head = Promise.withResolvers<void>();
  const reply = new Promise<Reply>((resolve) => {
    const broke = (error: NodeJS.ErrnoException) => {
      head.resolve();
      resolve({ status: 0, headers: {}, text: '', broke: error.code ?? error.message, at: performance.now() });
    };
    call.on('error', broke);
    call.on('response', (answer) => {
      head.resolve();
      const { statusCode: status = 0, headers } = answer;
      text(answer).then((text) => resolve({ status, headers, text, at: performance.now() }), broke);
    });
  });
  return { call, head: head.promise, reply };
}

export async function within(withinMs: number, call: ClientRequest, reply: Promise<Reply>): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Reply>((resolve) => {
    timer = setTimeout(() => {
      resolve({ status: 0, headers: {}, text: '', broke: 'late', at: performance.now() });
      call.destroy();
    }, withinMs);
  });
  return Promise.race([reply, late]).finally(() => clearTimeout(timer));
}
