import { setTimeout as delay } from 'node:timers/promises';
import {
  countFault,
  type Exposition,
  FormatError,
  histogramFault,
  type Instance,
  parseExposition,
  plainRequest,
  type Stage,
  seriesKey,
  toNumber,
} from '../harness/sdk/index.ts';

/** Counts by a text such as "GET /events/:id 200". */
export type Counts = ReadonlyMap<string, number>;

/** In place of the value of a label that a series does not have. To Prometheus an empty one is none. */
const nothing = '-';

/** What METRICS_PORT said at one moment. */
export class Scrape {
  readonly exposition: Exposition;
  readonly ms: number;

  constructor(exposition: Exposition, ms: number) {
    this.exposition = exposition;
    this.ms = ms;
  }

  typeOf(metric: string): string | undefined {
    return this.exposition.types.get(metric);
  }

  named(name: string) {
    return this.exposition.samples.filter((sample) => sample.name === name);
  }

  /** The values of a sample by some of its labels. What differs in others, such as the worker, is added up. */
  by(name: string, labels: readonly string[]): Counts {
    const counts = new Map<string, number>();
    for (const { labels: own, value } of this.named(name)) {
      const key = labels.map((label) => own[label] || nothing).join(' ');
      counts.set(key, (counts.get(key) ?? 0) + value);
    }
    return counts;
  }

  /** The first of these labels that some series of a sample does not have. */
  lacks(name: string, labels: readonly string[]): string | undefined {
    return labels.find((label) => this.named(name).some((sample) => !sample.labels[label]));
  }

  /** All of its series together; undefined where there are none. */
  total(name: string): number | undefined {
    const own = this.named(name);
    return own.length === 0 ? undefined : own.reduce((sum, { value }) => sum + value, 0);
  }

  /** The largest of its series. */
  most(name: string): number | undefined {
    const own = this.named(name);
    return own.length === 0 ? undefined : Math.max(...own.map(({ value }) => value));
  }

  /** Upper bounds of a histogram, and how many of its observations are within each: of all, or of those with these labels. */
  buckets(histogram: string, those: Readonly<Record<string, string>> = {}): Map<number, number> {
    const within = new Map<number, number>();
    for (const { labels, value } of this.named(`${histogram}_bucket`)) {
      if (Object.entries(those).some(([label, wanted]) => labels[label] !== wanted)) continue;
      const bound = toNumber(labels.le ?? 'NaN');
      within.set(bound, (within.get(bound) ?? 0) + value);
    }
    return new Map([...within].sort(([a], [b]) => a - b));
  }

  /** How many label sets each metric has; the buckets of one are one. */
  seriesByMetric(): Map<string, number> {
    const sets = new Map<string, Set<string>>();
    for (const { name, labels } of this.exposition.samples) {
      const { le: _, quantile: __, ...rest } = labels;
      const own = sets.get(name) ?? new Set();
      sets.set(name, own.add(seriesKey(rest)));
    }
    return new Map([...sets].map(([name, keys]) => [name, keys.size]));
  }
}

export function metricsUrl(app: Instance): string {
  const url = new URL(app.url);
  url.port = String(app.ports.METRICS_PORT);
  url.pathname = '/metrics';
  return url.href;
}

const opensWithinMs = 2_000;
const noAnswer = {
  because: 'Whoever wants to know how the app is has to ask it on a port of its own, and there it says nothing.',
  lookAt: 'which process listens on METRICS_PORT, and when does it begin?',
};

/** One scrape, over a connection of its own, as often as Prometheus pleases. */
export async function scrape(t: Stage, app: Instance, { withinMs = 10_000 } = {}): Promise<Scrape> {
  const startedAt = performance.now();
  const reply = await plainRequest(metricsUrl(app), { withinMs }).catch((error: Error) => error);
  // PORT may be open before METRICS_PORT is.
  if (
    reply instanceof Error &&
    reply.message === 'ECONNREFUSED' &&
    performance.now() - app.listensSince < opensWithinMs
  ) {
    await delay(50);
    return scrape(t, app, { withinMs });
  }
  const step = `GET /metrics on METRICS_PORT`;
  if (reply instanceof Error)
    return t.require(false, { step, expected: '200', seen: inWords(reply.message), ...noAnswer }) as never;
  t.require(reply.status === 200, { step, expected: '200', seen: `${reply.status}`, ...noAnswer });
  try {
    const tookMs = performance.now() - startedAt;
    const exposition = parseExposition(reply.text);
    const fault = histogramFault(exposition) ?? countFault(exposition);
    t.require(!fault, {
      step,
      expected: 'counts that can be true',
      seen: fault?.slice(0, 200) ?? '',
      because:
        'Prometheus takes them as they are, and each rate and each quantile that is worked out of them is wrong.',
      lookAt: 'who writes this line, and what has been added up or taken away before?',
    });
    return new Scrape(exposition, tookMs);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return t.require(false, {
      step,
      expected: 'the Prometheus text format 0.0.4',
      seen: error.message.slice(0, 200),
      because: 'Prometheus drops a scrape that it can’t read, whole.',
      lookAt: 'who writes this line, and with which labels?',
    }) as never;
  }
}

function inWords(message: string): string {
  return message === 'ECONNREFUSED' ? 'nobody listens there' : message;
}
