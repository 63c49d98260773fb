import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** Longer than a right app takes on a busy machine. */
const patienceMs = 10_000;

/** A request, and what came of it. */
export interface Asked {
  /** "GET /events/:id". */
  route: string;
  method: string;
  path: string;
  /** The number of the customer who asked with a session. */
  who: number | undefined;
  /** performance.now() when it was sent, and milliseconds until the answer was whole. */
  at: number;
  ms: number;
  /** 0: there was no answer. */
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** Why there was no answer of an instance: "ECONNRESET". */
  broken: string | undefined;
}

export interface Question {
  route?: string;
  method?: string;
  path: string;
  who?: number | undefined;
  json?: unknown;
  /** Sent as it is: malformed JSON, for example. */
  raw?: string;
  headers?: Record<string, string> | undefined;
  agent?: Agent | false;
  withinMs?: number;
  /** The head is sent at once, and the body so much later. */
  bodyAfterMs?: number;
}

/** Sends a request and always resolves: whoever judges decides what is wrong. */
export async function ask(url: string, question: Question): Promise<Asked> {
  const { method = 'GET', path, who, json, raw, agent = false, withinMs = patienceMs, bodyAfterMs = 0 } = question;
  const payload = raw ?? (json === undefined ? undefined : JSON.stringify(json));
  const at = performance.now();
  const base = { route: question.route ?? `${method} ${path}`, method, path, who, at };
  const { promise, resolve } = Promise.withResolvers<Omit<Asked, keyof typeof base | 'ms'>>();
  const none = (broken: string) => resolve({ status: 0, headers: {}, body: '', broken });
  const sent = request(new URL(path, url), {
    method,
    agent,
    headers: {
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      ...question.headers,
    },
  });
  const timer = setTimeout(() => {
    none(`no answer within ${withinMs / 1_000} s`);
    sent.destroy();
  }, withinMs);
  sent.on('error', (error: NodeJS.ErrnoException) => none(error.code ?? error.message));
  sent.on('response', (answer) => {
    const { statusCode: status = 0, headers } = answer;
    text(answer).then(
      (body) => resolve({ status, headers, body, broken: header(headers, 'x-encore-broken') }),
      (error: NodeJS.ErrnoException) => none(error.code ?? error.message),
    );
  });
  let later: NodeJS.Timeout | undefined;
  if (bodyAfterMs > 0) {
    sent.flushHeaders();
    later = setTimeout(() => sent.end(payload), bodyAfterMs);
  } else sent.end(payload);
  const answer = await promise;
  clearTimeout(timer);
  clearTimeout(later);
  return { ...base, ...answer, ms: performance.now() - at };
}

export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The body as JSON; undefined where it is none. */
// biome-ignore lint/suspicious/noExplicitAny: the app may answer any JSON; each part looks for what it needs.
export function jsonOf({ body }: Pick<Asked, 'body'>): any {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Nobody has answered: the connection broke, an instance refused it, or none was ready. */
export function isUnanswered({ status, broken, body }: Asked): boolean {
  return status === 0 || broken !== undefined || (status === 503 && body === 'no instance is ready');
}

/** As many connections as it takes: whoever waits in front of an agent is not seen by the app. */
export function keptAgent(): Agent {
  return new Agent({ keepAlive: true });
}
