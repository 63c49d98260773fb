export interface BasketItem {
  event: string;
  seats: number;
}

const maxSeats = 8;

/** What a client may put into a basket, or undefined if the body is no such thing. */
export function parseBasketItem(body: unknown): BasketItem | undefined {
  const { event, seats } = (body ?? {}) as Record<string, unknown>;
  if (typeof event !== 'string' || !/^[a-z0-9-]{1,64}$/.test(event)) return undefined;
  if (!Number.isInteger(seats) || Number(seats) < 1 || Number(seats) > maxSeats) return undefined;
  return { event, seats: Number(seats) };
}
