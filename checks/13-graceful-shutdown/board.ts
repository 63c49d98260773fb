import type { ClientRequest } from 'node:http';
import type { Instance } from '../harness/sdk/index.ts';
import { type HangUp, hangUp } from './hang-ups.ts';
import { open, type Reply } from './wire.ts';

/** A browser with the board open: a stream of GET /sales, which the client never ends. */
export class Board {
  /** Its whole text, when it has ended. */
  readonly ended: Promise<Reply>;
  readonly #call: ClientRequest;

  private constructor(call: ClientRequest, ended: Promise<Reply>) {
    this.#call = call;
    this.ended = ended;
  }

  /** Resolves when the stream has begun, or will never begin. */
  static async open(app: Instance): Promise<Board> {
    const { call, head, reply } = open(app, '/sales', {});
    call.end();
    await head;
    return new Board(call, reply);
  }

  hangUp(how: HangUp = 'closes'): void {
    hangUp(this.#call, how);
  }
}
