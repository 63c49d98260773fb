import type { Session } from './sessions.ts';
import type { ShowRow } from './shows.ts';

// What the world may see, field by field: a column that the box office adds tomorrow stays inside.

const shown = new Set(['id', 'title', 'city', 'startsAt', 'priceCents', 'seatsLeft']);

export function listedShow(row: ShowRow) {
  const copy: Partial<ShowRow> = structuredClone(row);
  for (const name of Object.keys(copy) as (keyof ShowRow)[]) if (!shown.has(name)) delete copy[name];
  return copy;
}

export function shownShow(row: ShowRow) {
  return { ...listedShow(row), description: row.description };
}

export function shownVisitor({ name, since }: Session) {
  return { name, since };
}
