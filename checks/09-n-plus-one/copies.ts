import type { Answer, Stage } from '../harness/sdk/index.ts';
import { ask, read } from './truth.ts';

/** A browser that keeps what it has read, and asks whether that is still right. */
export class Copies {
  readonly #t: Stage;
  readonly #byPath = new Map<string, Answer>();

  constructor(t: Stage) {
    this.#t = t;
  }

  /** Reads it as somebody new, and as somebody with the answer that was read before, if that was another one. */
  async read(path: string, mustBeRight: (answer: Answer) => void): Promise<void> {
    const fresh = await read(this.#t, path);
    mustBeRight(fresh);
    const before = this.#byPath.get(path);
    this.#byPath.set(path, fresh);
    if (!before || before.text === fresh.text) return;
    const { etag, 'last-modified': modified } = before.headers;
    if (!etag && !modified) return;
    const headers: Record<string, string> = {};
    if (etag) headers['if-none-match'] = etag;
    if (modified) headers['if-modified-since'] = modified;
    this.#t.step(`with the ETag or Last-Modified of before the change: ${etag ?? modified}`);
    const again = await ask(this.#t, path, { headers });
    again.mustBe(200, {
      because:
        'Somebody who has the answer from before the change is told that it is still right. Its ETag or Last-Modified does not change with everything that the answer shows.',
      lookAt: 'what is the ETag made of: the title, the venue, the artists and the prices of each event?',
    });
    mustBeRight(again);
  }
}
