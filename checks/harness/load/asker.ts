import { Agent, type IncomingMessage, request } from 'node:http';
import { parseSetCookie } from 'set-cookie-parser';
import type { HeapStep } from '../model/lesson.ts';
import { forwarded } from '../net/balancer.ts';
import { filledIn, pick } from './flow.ts';

/** An answer that takes longer, or a stream that says nothing for so long, is left. */
const patienceMs = 15_000;
const streamPatienceMs = 30;
/** How the outcome ends when the client has hung up. */
export const left = 'left';

/**
 * One client that asks an instance the same things again and again: with its cookies, with what earlier answers told it, and
 * as the balancer would hand it on. It only wants the answers to have come, and judges none.
 */
export class Asker implements Disposable {
  readonly #url: string;
  readonly #variables: Record<string, unknown>;
  readonly #cookies = new Map<string, string>();
  #agent: Agent;

  constructor(url: string, variables: Readonly<Record<string, unknown>>) {
    this.#url = url;
    this.#variables = { ...variables };
    this.#agent = newAgent();
  }

  /**
   * @param more variables beside those of the client.
   * @param into where captures go: by default to the client, for all that it asks later.
   * @returns the status, or in words what came in its place.
   */
  ask(step: HeapStep, more: Readonly<Record<string, unknown>> = {}, into = this.#variables): Promise<string> {
    const { capture, leaves, ...said } = step;
    const { method = 'GET', url, headers = {}, json, body } = filledIn(said, { ...this.#variables, ...more });
    const payload = json === undefined ? body : JSON.stringify(json);
    const { promise, resolve } = Promise.withResolvers<string>();
    const target = new URL(this.#url + url);
    const sent = request(target, {
      method,
      // Who hangs up does so on a connection of its own: it is gone with the client.
      agent: leaves ? false : this.#agent,
      headers: {
        ...forwarded('203.0.113.7', target.host),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }),
        ...(this.#cookies.size > 0 ? { cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; ') } : {}),
        ...headers,
      },
    });
    const leave = (said: string) => {
      resolve(said);
      sent.destroy();
    };
    const timer = setTimeout(() => leave('no answer'), patienceMs);
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'no answer'));
    sent.on('finish', () => {
      if (leaves === 'before the answer') leave(left);
    });
    sent.on('response', (answer) => {
      this.#keepCookies(answer);
      const status = String(answer.statusCode);
      const isStream = answer.headers['content-type']?.startsWith('text/event-stream');
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        if (capture) text += chunk;
        if (leaves || isStream) leave(`${status}, ${left}`);
      });
      if (isStream) setTimeout(() => leave(`${status}, ${left}`), streamPatienceMs).unref();
      answer.on('error', () => resolve(`${status}, broken off`));
      answer.on('end', () => {
        for (const [name, path] of Object.entries(capture ?? {})) {
          const found = pick(text, path);
          if (found !== undefined && found !== null) into[name] = found;
        }
        resolve(status);
      });
    });
    sent.end(payload);
    return promise.finally(() => clearTimeout(timer));
  }

  #keepCookies(answer: IncomingMessage): void {
    for (const { name, value, maxAge, expires } of parseSetCookie(answer.headers['set-cookie'] ?? [], {
      decodeValues: false,
    })) {
      const isGone = maxAge === undefined ? expires !== undefined && expires.getTime() <= Date.now() : maxAge <= 0;
      if (isGone) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  /** Closes the connections that are kept, so that the app need not hold anything for them. */
  hangUp(): void {
    this.#agent.destroy();
    this.#agent = newAgent();
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

function newAgent(): Agent {
  return new Agent({ keepAlive: true });
}
