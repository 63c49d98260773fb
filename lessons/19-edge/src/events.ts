export interface Event {
  id: string;
  city: string;
  title: string;
  cents: number;
  seats: number;
}

/** The tour. */
export const events: readonly Event[] = [
  { id: 'berlin', city: 'Berlin', title: 'Friday opening', cents: 8_900, seats: 60_000 },
  { id: 'oslo', city: 'Oslo', title: 'Northern night', cents: 9_500, seats: 24_000 },
  { id: 'lisbon', city: 'Lisbon', title: 'By the river', cents: 7_200, seats: 18_000 },
  { id: 'vienna', city: 'Vienna', title: 'In the park', cents: 8_400, seats: 32_000 },
];

export const eventOf = (id: unknown): Event | undefined => events.find((event) => event.id === id);

const plans = new Map<string, Buffer>();

/** A line for each seat of the hall, 30 MB for the largest: the box offices print their plans from it. */
export function seatPlan(event: Event): Buffer {
  const plan = plans.get(event.id) ?? drawn(event);
  plans.set(event.id, plan);
  return plan;
}

function drawn({ id, seats }: Event): Buffer {
  const lines = ['event,block,row,seat,kind,note'];
  for (let seat = 0; seat < seats; seat++) {
    const block = Math.floor(seat / 1_000);
    const row = Math.floor((seat % 1_000) / 25);
    const note = `enter by gate ${block % 12}, stairs ${row % 4}; ${'-'.repeat(430)}`;
    lines.push(`${id},block ${block},row ${row},seat ${seat % 25},standard,"${note}"`);
  }
  return Buffer.from(lines.join('\n'));
}
