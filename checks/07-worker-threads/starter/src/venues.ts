export interface Seat {
  price: number;
  /** How good the view is: higher is better. */
  view: number;
  taken: boolean;
}

export interface Venue {
  id: number;
  rows: number;
  seatsPerRow: number;
  /** Row by row, the one next to the stage first. */
  seats: Seat[][];
}

const VENUES = 400;

export function venueExists(id: number): boolean {
  return Number.isInteger(id) && id >= 1 && id <= VENUES;
}

/** The 400 halls of the demo data. A hall is made from its number, so it is the same on every machine. */
export function findVenue(id: number): Venue | undefined {
  if (!venueExists(id)) return undefined;
  const pick = picker(id);
  const rows = 20 + pick(2);
  const seatsPerRow = 30 + pick(2);
  const seats = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: seatsPerRow }, (_, seat): Seat => {
      const offCentre = Math.abs(2 * seat + 1 - seatsPerRow);
      return {
        price: 30 + 8 * (rows - 1 - row) + pick(12) - Math.min(10, offCentre >> 1),
        view: 1000 - 22 * row - 6 * offCentre + pick(90),
        taken: pick(100) < 38,
      };
    }),
  );
  // The import of hall 13 lost a row. The box office sells it like that.
  if (id === 13) seats.splice(4, 1);
  return { id, rows, seatsPerRow, seats };
}

/** Whole pseudo-random numbers below a limit (mulberry32). */
function picker(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b1);
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % below;
  };
}
