import { connect, type Socket } from 'node:net';
import type { Instance } from '../harness/sdk/index.ts';
import { touch } from './ask.ts';

export interface Piped {
  method: string;
  path: string;
  body?: object;
  headers?: Record<string, string>;
}

/** One connection, on which each request is sent without waiting for the answer to the one before. */
export class Pipelined {
  readonly #app: Instance;
  readonly #socket: Socket;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;

  constructor(app: Instance) {
    const { hostname, port } = new URL(app.url);
    this.#app = app;
    this.#socket = connect({ host: hostname.replace(/[[\]]/g, ''), port: Number(port) });
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.on('error', () => {}); // The app may be killed, or break it.
    this.#socket.resume();
  }

  /** Resolves once they are sent: in one piece, so that the app has them all at the same time. */
  async send(...requests: Piped[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.write(requests.map(written).join(''), () => resolve());
    await Promise.race([promise, this.closed]);
    touch(this.#app);
  }

  /** Resolves when its answer has come: it is short, and in one piece. */
  async ask(request: Piped): Promise<void> {
    const answered = new Promise<void>((resolve) => this.#socket.once('data', () => resolve()));
    await this.send(request);
    await Promise.race([answered, this.closed]);
    touch(this.#app);
  }

  hangUp(): void {
    this.#socket.destroy();
    touch(this.#app);
  }
}

function written({ method, path, body, headers = {} }: Piped): string {
  const text = body ? JSON.stringify(body) : '';
  const all = {
    host: 'encore',
    ...(body ? { 'content-type': 'application/json', 'content-length': text.length } : {}),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
}
