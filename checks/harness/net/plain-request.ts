import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface PlainRequest {
  method?: string;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string> | undefined;
  /** Its connections, to be used again. Without one the request has a connection of its own, which is closed after it. */
  agent?: Agent | undefined;
  withinMs?: number;
}

export interface PlainReply {
  status: number;
  text: string;
  contentType: string | undefined;
}

/** The connection broke, or the reply was not whole in time. The message says which: "ECONNRESET". */
export class NoReply extends Error {
  readonly late: boolean;
  constructor(message: string, { late = false } = {}) {
    super(message);
    this.late = late;
  }
}

/** Longer than a right app takes on a busy machine. */
const defaultWithinMs = 15_000;

/**
 * A request without ceremony, where a visitor's would be too much: hundreds are sent, or it matters on which connection. No
 * cookies, no trail, and a 503 after a start is not asked again. By node:http, because fetch chooses connections by itself.
 * @throws {NoReply}
 */
export function plainRequest(
  url: URL | string,
  { method = 'GET', body, headers: more, agent, withinMs = defaultWithinMs }: PlainRequest = {},
): Promise<PlainReply> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const ofBody = payload ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } : {};
  const headers = { ...ofBody, ...more };
  const { promise, resolve, reject } = Promise.withResolvers<PlainReply>();
  const sent = request(url, { method, headers, agent: agent ?? false });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    sent.destroy();
  }, withinMs);
  const broke = (error: NodeJS.ErrnoException) =>
    reject(new NoReply(late ? `no answer within ${withinMs / 1_000} s` : (error.code ?? error.message), { late }));
  sent.on('error', broke);
  sent.on('response', (answer) => {
    const { statusCode: status = 0, headers } = answer;
    text(answer).then((text) => resolve({ status, text, contentType: headers['content-type'] }), broke);
  });
  sent.end(payload);
  return promise.finally(() => clearTimeout(timer));
}

/** Connections that are kept open until `destroy`: this many at the most, one after the other for requests that follow. */
export function keptConnections(atMost: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: atMost });
}
