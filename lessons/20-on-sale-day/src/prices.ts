interface Price {
  cents: number;
  at: number;
}

/** A price may be two seconds old. */
const keepMs = 2_000;

/** What a ticket costs. The box office decides that, and may change it at any time. */
export class Prices {
  readonly #url: string;
  readonly #kept = new Map<number, Price>();

  constructor(url: string) {
    this.#url = url;
  }

  async of(event: number): Promise<number> {
    const kept = this.#kept.get(event);
    if (kept && Date.now() - kept.at < keepMs) return kept.cents;
    const cents = await this.#ask(event);
    this.#kept.set(event, { cents, at: Date.now() });
    return cents;
  }

  async #ask(event: number): Promise<number> {
    const response = await fetch(`${this.#url}/events/${event}`);
    if (!response.ok) throw new Error(`the box office answered ${response.status}`);
    const { priceCents } = (await response.json()) as { priceCents: number };
    return priceCents;
  }
}
