import { fileURLToPath } from 'node:url';
import { Inconclusive } from '../../model/verdict.ts';
import { plainRequest } from '../../net/plain-request.ts';
import type { Run } from '../../os/run.ts';
import type { OpenService } from '../service.ts';
import type { BoxOfficeEvent, EventChange } from './box-office.ts';
import type { Route } from './routes.ts';
import type { Fault, HeardRequest } from './server.ts';

export interface SupplierOptions {
  run: Run;
  /** How long an answer takes. `GET /stats` takes twice that, HEAD a tenth. */
  latencyMs: number;
  /** How many requests are served at a time; the others wait. */
  atOnce: number;
  /** Routes that take this many times as long. */
  slow?: Readonly<Record<string, number>> | undefined;
}

/** What checks do with the supplier: count its calls, slow it, make it fail. None of this is counted or slowed. */
export interface SupplierHandle extends OpenService {
  /** For the app's SUPPLIER_URL. */
  url: string;
  pid: number;
  /** Where checks control it. */
  controlPort: number;
  /** Calls since the last reset by route, those that failed, too. */
  calls(): Promise<Record<Route, number>>;
  total(): Promise<number>;
  /** Requests since the last reset with their headers, the last 500 of them. */
  heard(): Promise<HeardRequest[]>;
  /** Counts from zero. Events stay as they were changed. */
  reset(): Promise<void>;
  fail(fault: Fault): Promise<void>;
  heal(): Promise<void>;
  /** For requests that begin from now on. */
  setLatency(latencyMs: number): Promise<void>;
  /** Answers at once whatever waits for its answer, also what a fault has made late. With a long latency before it, a check decides when that is. */
  release(): Promise<void>;
  /** Healed, as slow as it was at its start, and with nobody waiting for longer. */
  restore(): Promise<void>;
  /** An event as it is now, without a call. */
  event(id: string): Promise<BoxOfficeEvent | null>;
  /** Changes an event behind the app's back, as another shop would. */
  change(id: string, change: EventChange): Promise<void>;
}

const serverFile = fileURLToPath(new URL('./server.ts', import.meta.url));
const readyWithinMs = 10_000;
const answerWithinMs = 5_000;

/** Starts Encore's upstream, the box office API, as a process of its own. */
export async function startSupplier({ run, latencyMs, atOnce, slow = {} }: SupplierOptions): Promise<SupplierHandle> {
  const child = await run.spawn(
    process.execPath,
    [serverFile, String(latencyMs), String(atOnce), JSON.stringify(slow)],
    {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  const { port, controlPort } = await child.ready<{ port: number; controlPort: number }>(readyWithinMs);

  async function command<T>(name: string, argument: unknown = null): Promise<T> {
    try {
      const url = `http://127.0.0.1:${controlPort}/${name}`;
      const { text } = await plainRequest(url, { method: 'POST', body: argument, withinMs: answerWithinMs });
      return JSON.parse(text) as T;
    } catch (error) {
      throw new Inconclusive(`the supplier of this check stopped answering: ${error}`, 'check again');
    }
  }

  return {
    url: `http://127.0.0.1:${port}`,
    env: { SUPPLIER_URL: `http://127.0.0.1:${port}` },
    pid: child.pid,
    controlPort,
    label: `${latencyMs} ms an answer, ${atOnce} at a time`,
    calls: () => command('calls'),
    total: async () =>
      Object.values(await command<Record<Route, number>>('calls')).reduce((sum, count) => sum + count, 0),
    heard: () => command('heard'),
    reset: () => command('reset'),
    fail: (fault) => command('fail', fault),
    heal: () => command('heal'),
    setLatency: (ms) => command('latency', ms),
    release: () => command('release'),
    async restore() {
      await command('heal');
      await command('latency', latencyMs);
      await command('release');
    },
    event: (id) => command('event', id),
    change: (id, change) => command('change', { id, change }),
    alive: () =>
      command('calls').then(
        () => true,
        () => false,
      ),
    close: () => child.stop('SIGKILL', 0), // It keeps nothing that would need an orderly end.
  };
}
