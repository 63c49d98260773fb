import { setTimeout as delay } from 'node:timers/promises';
import { disturbs, type Instance, MachineWatch, type Stage, type Teaching } from '../harness/sdk/index.ts';
import { msSinceAsked, settle } from './ask.ts';
import { type Counts, type Scrape, scrape } from './scrape.ts';

/** By the contract: so old a scrape may be. */
export const staleMs = 1_000;
const patienceMs = 2_500;
/** On a machine that other programs keep busy. Then a late figure is no verdict. */
const busyPatienceMs = 10_000;
const lookEveryMs = 40;
/** Sums of fractions differ in their last digits by the order in which they were added up. */
const leastFall = 1e-6;

export const http = 'http_request_duration_seconds';
export const httpLabels = ['method', 'route', 'status_code'];
export const supplier = 'supplier_request_duration_seconds';
export const supplierLabels = ['operation', 'outcome'];

/** A scrape that holds all that was asked before. */
export async function baseline(t: Stage, app: Instance): Promise<Scrape> {
  const leftMs = staleMs + 150 - msSinceAsked(app);
  if (leftMs > 0) await delay(leftMs);
  settle(app);
  return scrape(t, app);
}

/** The metric is there, at the latest a second after whatever is in it, and it is of this type. */
export async function mustBeA(t: Stage, app: Instance, type: string, metric: string, teaching = {}): Promise<void> {
  let seen: string | undefined;
  await within(t, metric, async () => {
    seen = (await scrape(t, app)).typeOf(metric);
    return seen;
  });
  t.require(seen === type, {
    step: 'GET /metrics on METRICS_PORT',
    expected: `# TYPE ${metric} ${type}`,
    seen: seen ? `# TYPE ${metric} ${seen}` : 'no such metric',
    ...(seen ? teaching : notThere),
  });
}

const notThere = {
  because: 'No scrape has this metric, although there has been something to be in it.',
  lookAt: 'what is it called, and when does it come into a scrape?',
};

export interface Expected {
  /** The histogram whose count is compared. */
  metric: string;
  labels: readonly string[];
  before: Scrape;
  /** By how much each count grows. What is not named stays. */
  grows: Readonly<Record<string, number>>;
  /** A sentence that fits what was seen in place of it. */
  teaching?: (grown: Counts) => Partial<Teaching>;
}

/** Scrapes until the counts have grown by exactly what was done. */
export async function mustCount(t: Stage, app: Instance, expected: Expected): Promise<Scrape> {
  const { metric, labels, before, grows, teaching } = expected;
  const count = `${metric}_count`;
  const was = before.by(count, labels);
  let grown: Counts = new Map();
  let lacks: string | undefined;
  const now = await within(t, `the counts of ${metric}`, async () => {
    const now = await scrape(t, app);
    grown = difference(was, now.by(count, labels));
    lacks = now.lacks(count, labels);
    return same(grown, grows) ? now : undefined;
  });
  if (now) {
    settle(app);
    return now;
  }
  const { wanted, found } = contrast(grows, grown);
  return t.require(false, {
    step: `${metric} by ${labels.join(', ')}, since before`,
    expected: wanted,
    seen: found,
    ...(lacks ? noSuchLabel(lacks) : teaching?.(grown)),
  }) as never;
}

function noSuchLabel(label: string): Teaching {
  return {
    because: `Some series have no label "${label}", so nobody can ask for one ${label}.`,
    lookAt: 'what are the labels called, and what are they when a request fails?',
  };
}

/** What comes within its time, undefined if it does not. On a busy machine, what comes later is inconclusive. */
export async function within<T>(
  t: Stage,
  what: string,
  ask: () => Promise<T | undefined>,
  limitMs = patienceMs,
): Promise<T | undefined> {
  const watch = new MachineWatch();
  const startedAt = performance.now();
  for (;;) {
    const answer = await ask();
    const tookMs = performance.now() - startedAt;
    if (answer !== undefined && tookMs <= limitMs) return answer;
    if (tookMs > limitMs) {
      const busy = disturbs(watch.otherCoresBusy());
      if (answer !== undefined && busy)
        t.inconclusive(`other programs kept the machine busy, and ${what} came after ${(tookMs / 1_000).toFixed(1)} s`);
      if (answer !== undefined) return answer; // The last look began in time.
      if (!busy || tookMs > Math.max(busyPatienceMs, 2 * limitMs)) return undefined;
    }
    await delay(lookEveryMs);
  }
}

/** Nothing that only grows may be less than it was. @returns the later of the two. */
export function mustNotFall(t: Stage, before: Scrape, now: Scrape, teaching: Partial<Teaching> = {}): Scrape {
  for (const [metric, labels] of [
    [http, httpLabels],
    [supplier, supplierLabels],
  ] as const)
    for (const [part, by] of [
      ['count', labels],
      ['bucket', [...labels, 'le']],
      ['sum', labels],
    ] as const) {
      const grown = difference(before.by(`${metric}_${part}`, by), now.by(`${metric}_${part}`, by));
      const [fell] = [...grown].filter(([, more]) => more < -leastFall);
      t.require(!fell, {
        step: 'GET /metrics on METRICS_PORT',
        expected: `no ${part} of ${metric} to fall`,
        seen: `${fell?.[0]}: ${-(fell?.[1] ?? 0)} less than before`,
        ...teaching,
      });
    }
  return now;
}

export function difference(before: Counts, now: Counts): Map<string, number> {
  const grown = new Map<string, number>();
  for (const key of new Set([...before.keys(), ...now.keys()])) {
    const by = (now.get(key) ?? 0) - (before.get(key) ?? 0);
    if (by !== 0) grown.set(key, by);
  }
  return grown;
}

function same(grown: Counts, expected: Readonly<Record<string, number>>): boolean {
  const entries = Object.entries(expected);
  return grown.size === entries.length && entries.every(([key, by]) => grown.get(key) === by);
}

const shown = 3;

/** Only what differs, and the first of it. */
function contrast(expected: Readonly<Record<string, number>>, grown: Counts): { wanted: string; found: string } {
  const isWrong = (key: string) => (expected[key] ?? 0) !== (grown.get(key) ?? 0);
  const [first, ...wanted] = Object.keys(expected).filter(isWrong);
  const [strange, ...others] = [...grown.keys()].filter((key) => isWrong(key) && expected[key] === undefined);
  // The first that is not there, beside the first that is there in its place.
  const wrong = [first, strange, ...wanted, ...others].filter((key) => key !== undefined);
  const list = (of: (key: string) => number | undefined) => {
    const parts = wrong.slice(0, shown).map((key) => `${key}: ${of(key) ?? 0} more`);
    return [...parts, ...(wrong.length > shown ? [`and ${wrong.length - shown} that differ, too`] : [])].join('; ');
  };
  return { wanted: list((key) => expected[key]), found: list((key) => grown.get(key)) };
}
