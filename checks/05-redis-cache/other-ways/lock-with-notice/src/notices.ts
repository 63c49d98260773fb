import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';

/** What became of an answer that somebody asked for: the JSON of the entry, or that it failed. */
export interface Notice {
  key: string;
  entry?: string;
  failed?: true;
}

const channel = 'shop:notices';

/** Tells all instances when an answer has come, so that nobody has to ask again and again. */
export class Notices {
  readonly #publisher: Redis;
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  constructor(publisher: Redis, subscriber: Redis) {
    this.#publisher = publisher;
    subscriber.on('ready', () => subscriber.subscribe(channel).catch(() => {}));
    if (subscriber.status === 'ready') subscriber.subscribe(channel).catch(() => {});
    subscriber.on('message', (_channel, text) => {
      const notice = JSON.parse(text) as Notice;
      this.#emitter.emit(notice.key, notice);
    });
  }

  async publish(notice: Notice): Promise<void> {
    await this.#publisher.publish(channel, JSON.stringify(notice)).catch(() => {});
  }

  /** Undefined when none came in time. */
  next(key: string, withinMs: number): Promise<Notice | undefined> {
    return new Promise((resolve) => {
      const end = (notice?: Notice) => {
        clearTimeout(timer);
        this.#emitter.off(key, end);
        resolve(notice);
      };
      const timer = setTimeout(end, withinMs);
      this.#emitter.on(key, end);
    });
  }
}
