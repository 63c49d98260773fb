import type { Pool } from 'pg';

export interface ShowEvent {
  id: number;
  title: string;
  venue: string;
  startsAt: Date;
  seatsLeft: number;
}

interface EventRow {
  id: number;
  title: string;
  venue_id: number;
  starts_at: Date;
  seats_left: number;
}

/** The events that are on sale. */
export class Events {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async list(): Promise<ShowEvent[]> {
    const { rows } = await this.#pool.query<EventRow>('SELECT * FROM events WHERE on_sale ORDER BY starts_at, id');
    const events: ShowEvent[] = [];
    for (const row of rows) events.push(await this.#shown(row));
    return events;
  }

  async find(id: string): Promise<ShowEvent | undefined> {
    const { rows } = await this.#pool.query<EventRow>('SELECT * FROM events WHERE on_sale AND id = $1', [id]);
    return rows[0] && this.#shown(rows[0]);
  }

  async venueOf(event: number): Promise<{ id: number; title: string; venue: string }> {
    const { rows } = await this.#pool.query<EventRow>('SELECT * FROM events WHERE id = $1', [event]);
    const row = rows[0] as EventRow;
    return { id: row.id, title: row.title, venue: await this.#venue(row.venue_id) };
  }

  async #shown(row: EventRow): Promise<ShowEvent> {
    const venue = await this.#venue(row.venue_id);
    return { id: row.id, title: row.title, venue, startsAt: row.starts_at, seatsLeft: row.seats_left };
  }

  async #venue(id: number): Promise<string> {
    const { rows } = await this.#pool.query<{ name: string }>('SELECT name FROM venues WHERE id = $1', [id]);
    return rows[0]?.name ?? '';
  }
}
