const flushEveryMs = 1_000;

/** Lines for standard output. They are written once a second, because a write for each was too slow. */
export class Log {
  #lines: string[] = [];

  constructor() {
    setInterval(() => void this.flush(), flushEveryMs).unref();
  }

  line(text: string): void {
    const masked = text.replaceAll(/\b\d{13,19}\b/g, (digits) => `****${digits.slice(-4)}`); // No card numbers in logs.
    this.#lines.push(`${new Date().toISOString()} ${masked}\n`);
  }

  /** Resolves when all lines so far are written. */
  async flush(): Promise<void> {
    const text = this.#lines.join('');
    this.#lines = [];
    if (text) await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
  }
}
