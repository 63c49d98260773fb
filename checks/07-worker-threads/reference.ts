/** What the app must answer, found by a copy of the search that only the check uses. */
export interface BestSeats {
  venue: number;
  party: number;
  view: number;
  price: number;
  seats: string[];
}

interface Seat {
  name: string;
  price: number;
  view: number;
  taken: boolean;
}

const blockRows = 3;
const blockSeats = 12;
const orderLimit = 400;
const impossible = -1_000_000;
const aisle: Seat = { name: '', price: 0, view: 0, taken: true };

export function fibonacci(n: number): number {
  let [current, next] = [0, 1];
  for (let i = 0; i < n; i++) [current, next] = [next, current + next];
  return current;
}

/** @param id 1 to 400, but not 13: its seat map is broken, in the app. */
export function bestSeats(id: number, party: number): BestSeats {
  const hall = hallOf(id);
  const best: BestSeats = { venue: id, party, view: 0, price: 0, seats: [] };
  const reach = new Int32Array((blockRows * (blockSeats + 1) + 1) * 3 * (party + 1) * (orderLimit + 1));
  for (let row = 0; row + blockRows <= hall.length; row++) {
    for (let seat = 0; seat + blockSeats <= (hall[row] as Seat[]).length; seat++) {
      const block = hall
        .slice(row, row + blockRows)
        .flatMap((seats) => [...seats.slice(seat, seat + blockSeats), aisle]);
      const view = highestView(block, party, reach);
      if (view <= best.view) continue;
      const chosen = choose(block, party, reach);
      best.view = view;
      best.price = chosen.reduce((sum, { price }) => sum + price, 0);
      best.seats = chosen.map(({ name }) => name);
    }
  }
  return best;
}

function hallOf(id: number): Seat[][] {
  let state = Math.imul(id, 0x9e3779b1);
  const pick = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % below;
  };
  const rows = 20 + pick(2);
  const seatsPerRow = 30 + pick(2);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: seatsPerRow }, (_, seat): Seat => {
      const offCentre = Math.abs(2 * seat + 1 - seatsPerRow);
      const price = 30 + 8 * (rows - 1 - row) + pick(12) - Math.min(10, offCentre >> 1);
      const view = 1000 - 22 * row - 6 * offCentre + pick(90);
      return { name: `${String.fromCharCode(65 + row)}${seat + 1}`, price, view, taken: pick(100) < 38 };
    }),
  );
}

/** From the last seat back: the highest view by state of the seat on the left, people left and money left. */
function highestView(block: readonly Seat[], party: number, reach: Int32Array): number {
  const line = orderLimit + 1;
  const layer = (party + 1) * line;
  const end = block.length * 3 * layer;
  reach.fill(impossible, end, end + 3 * layer);
  reach.fill(0, end, end + line);
  for (let i = block.length - 1; i >= 0; i--) {
    const { price, view, taken } = block[i] as Seat;
    const here = i * 3 * layer;
    const next = here + 3 * layer;
    for (let left = 0; left <= party; left++) {
      for (let money = 0; money <= orderLimit; money++) {
        const at = left * line + money;
        const skip = reach[next + at] as number;
        let alone = impossible;
        let together = impossible;
        if (!taken && left > 0 && money >= price) {
          const after = next + at - line - price;
          alone = view + (reach[after + layer] as number);
          together = view + (reach[after + 2 * layer] as number);
        }
        reach[here + at] = Math.max(alone, skip);
        reach[here + layer + at] = together;
        reach[here + 2 * layer + at] = Math.max(together, skip);
      }
    }
  }
  return reach[party * line + orderLimit] as number;
}

function choose(block: readonly Seat[], party: number, reach: Int32Array): Seat[] {
  const line = orderLimit + 1;
  const layer = (party + 1) * line;
  const chosen: Seat[] = [];
  let beside = 0;
  let money = orderLimit;
  block.forEach((seat, i) => {
    const left = party - chosen.length;
    const value = reach[(i * 3 + beside) * layer + left * line + money] as number;
    const state = beside === 0 ? 1 : 2;
    const after = ((i + 1) * 3 + state) * layer + (left - 1) * line + money - seat.price;
    if (!seat.taken && left > 0 && seat.price <= money && seat.view + (reach[after] as number) === value) {
      chosen.push(seat);
      money -= seat.price;
      beside = state;
    } else {
      beside = 0;
    }
  });
  return chosen;
}
