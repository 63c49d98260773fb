/** Where a page begins. Clients get it as text that means nothing to them. */
export interface Cursor {
  offset: number;
}

export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Undefined if it is none of ours. */
export function decodeCursor(text: string): Cursor | undefined {
  try {
    const { offset } = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Number.isSafeInteger(offset) && offset >= 0 ? { offset } : undefined;
  } catch {
    return undefined;
  }
}
