import type { Pool } from 'pg';

export interface ShowEvent {
  id: number;
  title: string;
  venue: string;
  startsAt: Date;
  seatsLeft: number;
}

/** How old the programme may get here. A shared cache may add a second to it. */
const keepMs = 500;

/** The events that are on sale. All of them are read by one statement, and that at most twice a second. */
export class Events {
  readonly #pool: Pool;
  #kept: { events: ShowEvent[]; until: number } | undefined;
  #underWay: Promise<ShowEvent[]> | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async list(): Promise<ShowEvent[]> {
    if (this.#kept && performance.now() < this.#kept.until) return this.#kept.events;
    this.#underWay ??= this.#read().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async find(id: number): Promise<ShowEvent | undefined> {
    return (await this.list()).find((event) => event.id === id);
  }

  async #read(): Promise<ShowEvent[]> {
    const until = performance.now() + keepMs;
    const { rows: events } = await this.#pool.query<ShowEvent>(
      `SELECT events.id, title, venues.name AS venue, starts_at AS "startsAt", seats_left AS "seatsLeft"
       FROM events JOIN venues ON venues.id = venue_id WHERE on_sale ORDER BY starts_at, events.id`,
    );
    this.#kept = { events, until };
    return events;
  }
}
