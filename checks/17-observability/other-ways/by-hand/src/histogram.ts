/** From 10 ms to 10 s in steps of about 1.6, so that 100 ms and 1 s are among them. */
const bounds = [0.01, 0.016, 0.025, 0.04, 0.063, 0.1, 0.16, 0.25, 0.4, 0.63, 1, 1.6, 2.5, 4, 6.3, 10];

interface Series {
  labels: string;
  within: number[];
  count: number;
  sum: number;
}

/** A histogram of Prometheus. */
export class Histogram {
  readonly #name: string;
  readonly #series = new Map<string, Series>();

  constructor(name: string) {
    this.#name = name;
  }

  observe(labels: Record<string, string>, seconds: number): void {
    const text = Object.entries(labels)
      .map(([name, value]) => `${name}="${escaped(value)}"`)
      .join(',');
    const series = this.#series.get(text) ?? { labels: text, within: bounds.map(() => 0), count: 0, sum: 0 };
    this.#series.set(text, series);
    series.count++;
    series.sum += seconds;
    for (const [n, bound] of bounds.entries()) if (seconds <= bound) series.within[n] = (series.within[n] ?? 0) + 1;
  }

  lines(): string[] {
    const name = this.#name;
    return [
      `# TYPE ${name} histogram`,
      ...[...this.#series.values()].flatMap(({ labels, within, count, sum }) => [
        ...within.map((many, n) => `${name}_bucket{${labels},le="${bounds[n]}"} ${many}`),
        `${name}_bucket{${labels},le="+Inf"} ${count}`,
        `${name}_sum{${labels}} ${sum}`,
        `${name}_count{${labels}} ${count}`,
      ]),
    ];
  }
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
