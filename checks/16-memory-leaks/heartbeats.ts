import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { OpenRequest } from './client.ts';

/** In each heartbeat, so many times something else happens. */
const timesInHeartbeat = 4;
/** So long without a pause. As many comments are right, and two are enough. */
const stretchHeartbeats = 10;
const enough = 2;
const patienceMs = 20_000;

export const beatsIn = ({ text }: OpenRequest) => text.split(/^:/m).length - 1;

/** What happens beside open streams, again and again, and must not keep their heartbeats back. */
export interface Disturbance {
  what: string;
  /** Once more: it has happened to the app when this returns. */
  once: () => Promise<void>;
  because: string;
  lookAt: string;
}

/**
 * The open streams must get heartbeats while something happens several times in each. They don't where that starts a timer
 * anew. A pause of a heartbeat lets such a timer come to its end, so only a stretch without one counts.
 */
export async function mustBeatMeanwhile(
  t: Stage,
  open: OpenRequest[],
  heartbeatMs: number,
  { what, once, because, lookAt }: Disturbance,
): Promise<void> {
  const everyMs = heartbeatMs / timesInHeartbeat;
  const giveUpAt = performance.now() + patienceMs;
  let stretch: { begunAt: number; before: number[] } | undefined;
  let lastBegunAt: number | undefined;
  t.step(`${what} every ${everyMs} ms`);
  for (;;) {
    const begunAt = performance.now();
    if (begunAt > giveUpAt) t.inconclusive('this check got no core to ask the app in time');
    // What was sent before the last time has arrived by now.
    if (lastBegunAt !== undefined) stretch ??= { begunAt, before: open.map(beatsIn) };
    await once();
    const doneAt = performance.now();
    if (doneAt - (lastBegunAt ?? begunAt) >= heartbeatMs) stretch = undefined;
    lastBegunAt = begunAt;
    const { begunAt: since, before } = stretch ?? { begunAt: doneAt, before: open.map(beatsIn) };
    const silent = open.filter((one, n) => beatsIn(one) < (before[n] ?? 0) + enough);
    if (silent.length === 0) return;
    t.require(doneAt - since < stretchHeartbeats * heartbeatMs, {
      expected: `heartbeats on each stream also meanwhile, with HEARTBEAT_MS=${heartbeatMs}`,
      seen: `fewer than ${enough} on ${silent.length} of ${open.length} in ${stretchHeartbeats} times HEARTBEAT_MS`,
      because,
      lookAt,
    });
    await delay(Math.max(0, begunAt + everyMs - performance.now()));
  }
}

/** Others with the addresses of the open streams, who come when the ones before them go. */
export class Newcomers implements Disturbance, Disposable {
  readonly what = 'other streams with the same addresses come and go, one of each';
  readonly because =
    'Proxies end a connection on which nothing is sent for a while. A timer that starts anew with each stream that comes never gets to its end.';
  readonly lookAt = 'what does a stream that comes or goes do to the timer of the others?';
  readonly #t: Stage;
  readonly #app: Instance;
  readonly #addresses: string[];
  #here: OpenRequest[] = [];

  constructor(t: Stage, app: Instance, open: OpenRequest[]) {
    this.#t = t;
    this.#app = app;
    this.#addresses = [...new Set(open.map(({ path }) => path))];
  }

  once = async (): Promise<void> => {
    this[Symbol.dispose]();
    this.#here = this.#addresses.map((path) => new OpenRequest(this.#app, { method: 'GET', path }, { reads: true }));
    await this.#t.until('the streams to begin', () =>
      this.#here.every(({ text }) => text.includes('text/event-stream')),
    );
  };

  [Symbol.dispose](): void {
    for (const one of this.#here) one.hangUp('FIN');
  }
}
