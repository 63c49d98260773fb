export interface ShowEvent {
  id: string;
  title: string;
  city: string;
  priceCents: number;
}

export const events: ShowEvent[] = [
  { id: '1', title: 'Friday opening', city: 'berlin', priceCents: 6_900 },
  { id: '2', title: 'Friday late show', city: 'berlin', priceCents: 4_900 },
  { id: '3', title: 'Saturday matinee', city: 'oslo', priceCents: 3_900 },
  { id: '4', title: 'Saturday main', city: 'oslo', priceCents: 7_900 },
  { id: '5', title: 'Sunday brunch', city: 'lisbon', priceCents: 2_900 },
  { id: '6', title: 'Sunday closing', city: 'lisbon', priceCents: 8_900 },
];

const eventsById = new Map(events.map((event) => [event.id, event]));

export function findEvent(id: string): ShowEvent | undefined {
  return eventsById.get(id);
}
