/** The box office refused, gave no answer that can be used, or none in time. */
export class SupplierError extends Error {}

/** From the question on. A price may be two seconds old, and some of them are spent on the way. */
const keepMs = 1_500;
const timeoutMs = 700;

/** What a ticket costs. The box office decides that. Of all who miss a price, one asks and the others wait. */
export class Prices {
  readonly #url: string;
  /** By event, so it has no more entries than the programme. */
  readonly #kept = new Map<number, { cents: number; until: number }>();
  readonly #underWay = new Map<number, Promise<number>>();

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws {SupplierError} */
  async of(event: number): Promise<number> {
    const kept = this.#kept.get(event);
    if (kept && performance.now() < kept.until) return kept.cents;
    const underWay = this.#underWay.get(event) ?? this.#ask(event).finally(() => this.#underWay.delete(event));
    this.#underWay.set(event, underWay);
    return underWay;
  }

  async #ask(event: number): Promise<number> {
    const until = performance.now() + keepMs;
    const url = `${this.#url}/events/${event}`;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
      const { priceCents } = (await response.json()) as { priceCents?: unknown };
      if (!response.ok || typeof priceCents !== 'number') throw new Error(`it answered ${response.status}`);
      this.#kept.set(event, { cents: priceCents, until });
      return priceCents;
    } catch (cause) {
      throw new SupplierError(`no price of ${event} from the box office: ${cause}`, { cause });
    }
  }
}
