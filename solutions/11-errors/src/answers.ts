/** What the box office must say. A 200 alone does not mean that it has. */
export function isEvent(answer: unknown): boolean {
  const { city, priceCents } = recordOf(answer);
  return typeof city === 'string' && typeof priceCents === 'number';
}

export function isPage(answer: unknown): boolean {
  const { pages, events } = recordOf(answer);
  return Number.isInteger(pages) && Array.isArray(events);
}

export function isStats(answer: unknown): boolean {
  return typeof recordOf(answer).seatsLeft === 'number';
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
