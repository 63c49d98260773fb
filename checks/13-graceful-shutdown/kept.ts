import type { Socket } from 'node:net';
import type { Instance } from '../harness/sdk/index.ts';
import { keptByClient, type Question, type Reply, saysClose, send } from './wire.ts';

/** A kept connection. If the app closes it while it is idle, Node's agent just opens another one: here it is written down. */
export class Kept {
  /** performance.now() when it was found closed, although its last answer had not said so. */
  closedAt: number | undefined;
  readonly #agent = keptByClient();
  /** The connection that is watched, as long as the app has not said that it closes it. */
  #open: Socket | undefined;
  #isAsking = false;

  async ask(app: Instance, path: string, question: Question = {}): Promise<Reply> {
    this.#isAsking = true;
    const reply = await send(app, path, { ...question, agent: this.#agent });
    this.#isAsking = false;
    const [socket] = Object.values(this.#agent.freeSockets).flat();
    this.#watch(saysClose(reply) ? undefined : socket);
    return reply;
  }

  destroy(): void {
    this.#open = undefined;
    this.#agent.destroy();
  }

  #watch(socket: Socket | undefined): void {
    if (socket === this.#open) return;
    this.#open = socket;
    // One that breaks while it is asked is told of by the answer.
    socket?.once('close', () => {
      if (socket === this.#open && !this.#isAsking) this.closedAt ??= performance.now();
    });
  }
}
