import { connect, type Socket } from 'node:net';
import type { Instance, Teaching } from '../harness/sdk/index.ts';
import type { Reply } from './ask.ts';

export const closedAsIdle: Teaching = {
  because:
    'Half of a request had arrived, and the worker closed its connection as an idle one. A request begins with its first byte, before any handler knows of it.',
  lookAt: 'which connections does the worker close when it is asked to end, and how does it know that they are idle?',
};

/** A request of which the first lines are sent, and not yet the end of its head. No handler knows of it. */
export class HalfHead {
  readonly success = 200;
  readonly what = 'GET /prices/oslo, of which half the head was sent';
  readonly rest = 'the rest of the head of GET /prices/oslo';
  /** performance.now() when the answer came, or the connection broke. */
  endedAt: number | undefined;
  readonly #socket: Socket;
  readonly #reply: Promise<Reply>;

  constructor(app: Instance) {
    const { hostname, port } = new URL(app.url);
    this.#socket = connect(Number(port), hostname.replace(/[[\]]/g, ''), () =>
      this.#socket.write(`GET /prices/oslo HTTP/1.1\r\nHost: ${hostname}\r\n`),
    );
    this.#reply = new Promise((resolve) => {
      let text = '';
      let error = 'closed without an answer';
      this.#socket.on('data', (chunk) => {
        text += chunk;
      });
      this.#socket.on('error', ({ code, message }: NodeJS.ErrnoException) => {
        error = code ?? message;
      });
      this.#socket.on('close', () => {
        this.endedAt = performance.now();
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
        resolve({ status, text: status ? text.slice(text.indexOf('\r\n\r\n') + 4) : error });
      });
    });
  }

  /** Sends the rest. */
  finish(): Promise<Reply> {
    this.#socket.write('Connection: close\r\n\r\n');
    return this.#reply;
  }

  drop(): void {
    this.#socket.destroy();
  }
}
