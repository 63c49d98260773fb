/** A line of a scrape that Prometheus would not take, in words. */
export class FormatError extends Error {}

export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface Exposition {
  /** "histogram", by the name of the metric. */
  types: ReadonlyMap<string, string>;
  samples: readonly Sample[];
}

const types = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const sampleLine = /^([a-zA-Z_:][\w:]*)[ \t]*(?:\{(.*)\})?[ \t]*(\S+)(?:[ \t]+(-?\d+))?[ \t]*$/;
const label = /[ \t]*([a-zA-Z_]\w*)[ \t]*=[ \t]*"((?:[^"\\\n]|\\.)*)"[ \t]*(?:,|$)/y;
const number = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?Inf|NaN)$/i;

/**
 * Reads the text format 0.0.4 as strictly as Prometheus does, and duplicates more strictly. Parsers from npm let wrong lines
 * through, and the one that is used most runs the buckets of all label sets into one.
 * @throws {FormatError}
 */
export function parseExposition(text: string): Exposition {
  const typeOf = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  if (!text.endsWith('\n'))
    throw new FormatError(`the last line has no end: ${text.slice(text.lastIndexOf('\n') + 1)}`);
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    if (line.startsWith('#')) {
      readComment(line, typeOf, samples);
      continue;
    }
    const sample = readSample(line);
    const key = `${sample.name} ${seriesKey(sample.labels)}`;
    if (seen.has(key)) throw new FormatError(`this series comes twice: ${line}`);
    seen.add(key);
    samples.push(sample);
  }
  return { types: typeOf, samples };
}

/** A label set in one text, whatever the order of its labels. */
export function seriesKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** TYPE has a meaning, and so has its place. HELP and other comments are for people. */
function readComment(line: string, typeOf: Map<string, string>, samples: readonly Sample[]): void {
  const [, name, type] = /^#[ \t]+TYPE[ \t]+(\S+)[ \t]+(\S+)[ \t]*$/.exec(line) ?? [];
  if (!name || !type) {
    if (/^#[ \t]+TYPE\b/.test(line)) throw new FormatError(`no metric and type: ${line}`);
    return;
  }
  if (!types.includes(type)) throw new FormatError(`there is no type "${type}": ${line}`);
  if (typeOf.has(name)) throw new FormatError(`a second TYPE for ${name}`);
  const hasParts = type === 'histogram' || type === 'summary'; // A gauge may be called like another metric's count.
  if (samples.some((sample) => sample.name === name || (hasParts && familyOf(sample.name) === name)))
    throw new FormatError(`the TYPE of ${name} comes after its first sample`);
  typeOf.set(name, type);
}

/** Of the samples of a histogram or a summary, the name of the metric. */
export function familyOf(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}

function readSample(line: string): Sample {
  const [, name = '', inBraces, value = ''] = sampleLine.exec(line) ?? [];
  if (!name || !number.test(value)) throw new FormatError(`no sample: ${line}`);
  return { name, labels: inBraces === undefined ? {} : readLabels(inBraces, line), value: toNumber(value) };
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (label.lastIndex = 0; text.slice(label.lastIndex).trim() !== ''; ) {
    const [, name, value] = label.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new FormatError(`labels that can’t be read: ${line}`);
    if (Object.hasOwn(labels, name)) throw new FormatError(`the label ${name} comes twice: ${line}`);
    labels[name] = value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
  }
  return labels;
}

/** Infinity is "+Inf" there. */
export function toNumber(text: string): number {
  return Number(text.replace(/inf$/i, 'Infinity'));
}

/** What can't be true of a count, in words. A gauge and a sum may be any number. */
export function countFault({ types, samples }: Exposition): string | undefined {
  for (const { name, labels, value } of samples) {
    const ofHistogram = types.get(familyOf(name)) === 'histogram' && /_(bucket|count)$/.test(name);
    if (!ofHistogram && types.get(name) !== 'counter') continue;
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) return `${value} is no count: ${name}${seriesKey(labels)}`;
  }
  return undefined;
}

/**
 * What can't be true of a histogram, in words: buckets that hold less than smaller ones, or a count that is not that of all.
 */
export function histogramFault({ types, samples }: Exposition): string | undefined {
  const counts = new Map<string, number>();
  const buckets = new Map<string, [bound: number, count: number][]>();
  for (const { name, labels, value } of samples) {
    if (types.get(familyOf(name)) !== 'histogram') continue;
    const { le, ...rest } = labels;
    const series = `${familyOf(name)}${seriesKey(rest)}`;
    if (name.endsWith('_count')) counts.set(series, value);
    if (name.endsWith('_bucket')) buckets.set(series, [...(buckets.get(series) ?? []), [toNumber(le ?? 'NaN'), value]]);
  }
  for (const [series, count] of counts) {
    const own = (buckets.get(series) ?? []).sort(([a], [b]) => a - b);
    const [bound, all] = own.at(-1) ?? [];
    if (bound !== Number.POSITIVE_INFINITY) return `no bucket with le="+Inf": ${series}`;
    if (all !== count) return `the bucket le="+Inf" holds ${all}, and the count is ${count}: ${series}`;
    const smaller = own.find(([, within], n) => within < (own[n - 1]?.[1] ?? 0));
    if (smaller) return `the bucket le="${smaller[0]}" holds less than the one before: ${series}`;
  }
  return undefined;
}
