const ASK_EVERY_MS = 200;

interface Worker {
  text: string;
  timer: NodeJS.Timeout | undefined;
}

/** Adds up the texts of workers. */
export class Totals {
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  readonly #workers = new Map<number, Worker>();
  readonly #ended = new Map<string, number>();
  readonly #types = new Map<string, string>();
  replaced = 0;

  hear(id: number, { port, text }: { port?: number; text?: string }): void {
    const worker = this.#workers.get(id) ?? { text: '', timer: undefined };
    this.#workers.set(id, worker);
    if (text !== undefined) worker.text = text;
    if (port === undefined) return;
    let asking = false;
    worker.timer = setInterval(async () => {
      if (asking) return; // It is stuck. What it said last is kept.
      asking = true;
      const answer = await fetch(`http://127.0.0.1:${port}`)
        .then((response) => response.text())
        .catch(() => undefined);
      asking = false;
      if (answer !== undefined && this.#workers.has(id)) worker.text = answer;
    }, ASK_EVERY_MS);
  }

  end(id: number): void {
    const worker = this.#workers.get(id);
    if (!worker) return;
    clearInterval(worker.timer);
    this.#workers.delete(id);
    for (const [series, value] of this.#read(worker.text))
      if (this.#typeOf(series) !== 'gauge') this.#ended.set(series, (this.#ended.get(series) ?? 0) + value);
  }

  async text(): Promise<string> {
    const all = new Map(this.#ended);
    for (const { text } of this.#workers.values())
      for (const [series, value] of this.#read(text)) {
        const before = all.get(series) ?? 0;
        all.set(series, series.startsWith('event_loop_lag') ? Math.max(before, value) : before + value);
      }
    const lines = [...all].map(([series, value]) => `${series} ${value}`);
    const byMetric = [...this.#types].flatMap(([name, type]) => [
      `# TYPE ${name} ${type}`,
      ...lines.filter((line) => familyOf(line) === name),
    ]);
    return [...byMetric, '# TYPE workers_replaced_total counter', `workers_replaced_total ${this.replaced}`, ''].join(
      '\n',
    );
  }

  #read(text: string): [series: string, value: number][] {
    const series: [string, number][] = [];
    for (const line of text.split('\n')) {
      const [, name, type] = /^# TYPE (\S+) (\S+)/.exec(line) ?? [];
      if (name && type) this.#types.set(name, type);
      if (line === '' || line.startsWith('#')) continue;
      const space = line.lastIndexOf(' ');
      series.push([line.slice(0, space), Number(line.slice(space + 1))]);
    }
    return series;
  }

  #typeOf(series: string): string | undefined {
    return this.#types.get(familyOf(series));
  }
}

function familyOf(line: string): string {
  return (/^\w+/.exec(line)?.[0] ?? '').replace(/_(bucket|sum|count)$/, '');
}
