import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { isYes } from './ready.ts';

const answersWithinMs = 500;

/** A look at /ready that has begun before SIGTERM, and is whole when the server takes no new connections any more. */
export class LateLook {
  readonly #socket: Socket;
  #text = '';

  private constructor(socket: Socket) {
    this.#socket = socket.setEncoding('utf8').on('data', (part: string) => {
      this.#text += part;
    });
  }

  static async begin(app: Instance): Promise<LateLook> {
    const socket = connect(app.port, app.host);
    socket.on('error', () => {}); // An app that closes it says no, too.
    await once(socket, 'connect');
    socket.write('GET /ready HTTP/1.1\r\nHost: desk\r\n');
    return new LateLook(socket);
  }

  /** While an order is in flight. No answer, or a connection that is closed, is no yes. */
  async mustSayNo(t: Stage): Promise<void> {
    const answered = once(this.#socket, 'data').catch(() => {});
    if (this.#socket.writable) this.#socket.write('\r\n');
    await Promise.race([answered, delay(answersWithinMs)]);
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(this.#text)?.[1] ?? 0);
    t.require(!isYes(status), {
      step: 'an order is in flight, and the last line of a GET /ready comes, whose first one was there before SIGTERM',
      expected: '503: it is so from SIGTERM to the end',
      seen: String(status),
      because:
        'The server takes no new connections any more, and says that it is ready. It knew that it drains while DRAIN_DELAY_MS lasted, and has forgotten it since.',
      lookAt: 'which states does the process have after SIGTERM, and in which of them does /ready say no?',
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
