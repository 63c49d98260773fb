import type { LoadRecord } from '../../checks/harness/model/result.ts';

const binsPerDecade = 8;

/** Answers that took at least `fromMs` and less than `toMs`. */
export interface Bin {
  fromMs: number;
  toMs: number;
  count: number;
}

/** How many answers took how long, a decade in eight steps: 1 ms, 1.33 ms, 1.78 ms … Those below 1 ms are one bin. */
export function binsOf(record: LoadRecord): Bin[] {
  const counts = new Map<number, number>();
  for (const [, ms] of record.answers) counts.set(binOf(ms), (counts.get(binOf(ms)) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([bin, count]) => ({ fromMs: bin < 0 ? 0 : edge(bin), toMs: edge(bin + 1), count }));
}

/** As it is shown. */
function edge(bin: number): number {
  return Math.round(10 ** (bin / binsPerDecade) * 100) / 100;
}

function binOf(ms: number): number {
  if (ms < 1) return -1;
  const bin = Math.floor(Math.log10(ms) * binsPerDecade);
  if (ms >= edge(bin + 1)) return bin + 1; // Edges are rounded: 3.16 ms begins a bin, and not 3.1623 ms.
  return ms < edge(bin) ? bin - 1 : bin;
}

const notModified = 304;

/** Whether an answer is what the load run wants: a 2xx, or a 304 to a visitor who has the answer already. */
export function isGood([, , status]: LoadRecord['answers'][number]): boolean {
  return (status >= 200 && status < 300) || status === notModified;
}

/** "2xx", and "2xx or 304" in a load whose visitors have kept answers. */
export function goodStatuses({ answers }: LoadRecord): string {
  return answers.some(([, , status]) => status === notModified) ? '2xx or 304' : '2xx';
}

/** A fast refusal is no fast answer: times are counted of good answers alone. */
export function goodOnly(record: LoadRecord): LoadRecord {
  return { ...record, answers: record.answers.filter(isGood) };
}

/** "43 % of its answers were no 2xx", for those where it is so. */
export function badShare(record: LoadRecord): string {
  const percent = percentOf(record, (answer) => !isGood(answer));
  return percent && `${percent} of its answers were no ${goodStatuses(record)}`;
}

/** "57 %"; "all" and "none" where that is so. */
export function goodShare(record: LoadRecord): string {
  if (!badShare(record)) return 'all';
  return percentOf(record, isGood) || 'none';
}

/** "43 %", rounded so that it is never 0 nor 100 by rounding. Empty for none. */
export function percentOf(
  { answers }: LoadRecord,
  counted: (answer: LoadRecord['answers'][number]) => boolean,
): string {
  const count = answers.filter(counted).length;
  if (count === 0) return '';
  const percent = (100 * count) / answers.length;
  if (percent < 1) return 'under 1 %';
  return count < answers.length && percent > 99 ? 'over 99 %' : `${Math.round(percent)} %`;
}

/** The time that this share of the answers kept: 0.95 is p95. */
export function percentile({ answers }: LoadRecord, share: number): number | undefined {
  const sorted = answers.map(([, ms]) => ms).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
