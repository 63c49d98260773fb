import type { ShowRow } from './shows.ts';

const fields = ['id', 'title', 'city', 'startsAt', 'priceCents', 'seatsLeft'] as const;

export function shown(row: ShowRow, more: (keyof ShowRow)[] = []): Record<string, unknown> {
  return Object.fromEntries([...fields, ...more].map((field) => [field, row[field]]));
}
