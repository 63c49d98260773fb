import { readFileSync } from 'node:fs';

export interface Settings {
  /** On top of each order. */
  feeCents: number;
  /** What a ticket costs, by event. */
  cents: Map<string, number>;
}

/** Reads what the box office has written. A desk without its prices must not start. */
export function readSettings(file: string | URL): Settings {
  const { feeCents, cents } = JSON.parse(readFileSync(file, 'utf8')) as { feeCents: number; cents: object };
  return { feeCents, cents: new Map(Object.entries(cents)) };
}
