/** The last order of a page: the next one begins behind it. Clients get it as text that means nothing to them. */
export interface Cursor {
  /** As PostgreSQL writes it, with microseconds: a Date would cut them off. */
  time: string;
  /** How many orders of this moment were shown. */
  shown: number;
}

export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Undefined if it is none of ours. */
export function decodeCursor(text: string): Cursor | undefined {
  try {
    const { time, shown } = JSON.parse(Buffer.from(text, 'base64url').toString());
    const form = /^[12]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[+-](0\d|1[0-4])(:[0-5]\d)?$/;
    const possible =
      form.test(time) &&
      isDay(time.slice(0, 10)) &&
      !Number.isNaN(Date.parse(time)) &&
      Number.isInteger(shown) &&
      shown > 0 &&
      shown < 1_000_000;
    return possible ? { time, shown } : undefined;
  } catch {
    return undefined;
  }
}

/** Date.parse takes 30 February for 2 March, and PostgreSQL refuses it. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(text);
}
