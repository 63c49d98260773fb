/** The id of the last order of a page. */
export type Cursor = number;

export function encodeCursor(id: Cursor): string {
  return String(id);
}

/** Undefined if it is none of ours. */
export function decodeCursor(text: string): Cursor | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
