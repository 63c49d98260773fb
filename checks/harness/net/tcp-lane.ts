import type { Socket } from 'node:net';

/** What all connections of a proxy share in one direction. */
export interface LaneSettings {
  delayMs: number;
  paused: boolean;
}

/** Beyond this the sender is held back, so that a paused proxy does not fill the memory. */
const maxQueuedBytes = 1024 * 1024;

/** One direction of a proxied connection: what `source` sends reaches `sink` in order, later, and the end of it too. */
export class Lane {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #settings: LaneSettings;
  /** A chunk of null is the end of the stream: it must not overtake the data before it. */
  readonly #queue: { chunk: Buffer | null; dueAt: number }[] = [];
  #queuedBytes = 0;
  #free = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: Socket, sink: Socket, settings: LaneSettings) {
    this.#source = source;
    this.#sink = sink;
    this.#settings = settings;
    source.on('data', (chunk: Buffer) => this.#push(chunk));
    source.on('end', () => this.#push(null));
    sink.on('drain', () => this.pump());
  }

  /** Passes on whatever is due. To be called again after the settings have changed. */
  pump(): void {
    clearTimeout(this.#timer);
    if ((this.#settings.paused && !this.#free) || this.#sink.destroyed) return;
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      if (this.#sink.writableNeedDrain) return; // 'drain' calls again.
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), Math.ceil(waitMs));
        return;
      }
      this.#pass(next.chunk);
    }
  }

  #pass(chunk: Buffer | null): void {
    this.#queue.shift();
    if (chunk === null) {
      this.#sink.end();
      return;
    }
    this.#queuedBytes -= chunk.length;
    this.#sink.write(chunk);
    if (this.#source.isPaused() && this.#queuedBytes < maxQueuedBytes) this.#source.resume();
  }

  /** Passes on what has waited longest, also while it is paused. */
  passOne(): void {
    const next = this.#queue[0];
    if (next && !this.#sink.destroyed) this.#pass(next.chunk);
  }

  /** Everything passes, also while the others are paused, until it is taken back. */
  set free(free: boolean) {
    this.#free = free;
    this.pump();
  }

  /** What has come and has not been passed on. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Drops what has not been passed on. */
  destroy(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #push(chunk: Buffer | null): void {
    this.#queue.push({ chunk, dueAt: performance.now() + this.#settings.delayMs });
    this.#queuedBytes += chunk?.length ?? 0;
    if (this.#queuedBytes >= maxQueuedBytes) this.#source.pause();
    this.pump();
  }
}
