import { Agent, type IncomingMessage, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { without } from './headers.ts';
import type { CdnRequest, Headers, OriginAnswer } from './policy.ts';

interface Asked {
  body?: Buffer | undefined;
  signal?: AbortSignal | undefined;
}

const reads = new Set(['GET', 'HEAD']);
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** The way from the CDN to the shop behind it. By node:http, because an answer is passed on as it is, header by header. */
export class Shop {
  /** How many requests reached it. */
  asked = 0;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(port: number) {
    this.#port = port;
  }

  ask(request: CdnRequest, headers: Headers, asked: Asked = {}): Promise<OriginAnswer> {
    this.asked++;
    return this.#send(request, headers, asked, true);
  }

  async #send(request: CdnRequest, headers: Headers, asked: Asked, mayRetry: boolean): Promise<OriginAnswer> {
    const { body, signal } = asked;
    const { method, url: path } = request;
    const outgoing = send({
      host: '127.0.0.1',
      port: this.#port,
      method,
      path,
      agent: this.#agent,
      ...(signal ? { signal } : {}),
    });
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) outgoing.setHeader(name, value);
    try {
      const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve).once('error', reject).end(body);
      });
      const kept = without(incoming.headers, hopByHop);
      return { status: incoming.statusCode ?? 502, headers: kept, body: await buffer(incoming) };
    } catch (error) {
      const closedMeanwhile = outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      if (closedMeanwhile && mayRetry && reads.has(request.method)) return this.#send(request, headers, asked, false);
      throw error;
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}
