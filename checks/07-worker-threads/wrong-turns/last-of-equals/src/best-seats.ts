import type { Seat, Venue } from './venues.ts';

export interface BestSeats {
  venue: number;
  party: number;
  view: number;
  price: number;
  /** "C12" is seat 12 of the third row. */
  seats: string[];
}

interface BlockSeat extends Seat {
  name: string;
}

/** A party sits together: inside a block of three rows and twelve seats. */
const BLOCK_ROWS = 3;
const BLOCK_SEATS = 12;
/** The card processor refuses an order above this. */
const ORDER_LIMIT = 400;
const IMPOSSIBLE = -1_000_000;

// What is known of the seat on the left: not ours, ours and nobody beside it yet, ours with company.
const NOBODY = 0;
const ALONE = 1;
const TOGETHER = 2;

/** Ends every row of a block: nobody has a neighbour there. */
const AISLE: BlockSeat = { name: '', price: 0, view: 0, taken: true };

/**
 * The seats with the highest sum of views for a party: inside one block, within the order limit, and nobody sits
 * alone in a row. Exact. Of equals, the block nearest the stage and furthest left wins, and in it the first seats.
 */
export function bestSeats(venue: Venue, party: number): BestSeats {
  const best: BestSeats = { venue: venue.id, party, view: 0, price: 0, seats: [] };
  const reach = new Int32Array((BLOCK_ROWS * (BLOCK_SEATS + 1) + 1) * 3 * (party + 1) * (ORDER_LIMIT + 1));
  for (let row = 0; row + BLOCK_ROWS <= venue.rows; row++) {
    for (let seat = 0; seat + BLOCK_SEATS <= venue.seatsPerRow; seat++) {
      const block = blockAt(venue, row, seat);
      const view = highestView(block, party, reach);
      if (view >= best.view) {
        const chosen = choose(block, party, reach);
        best.view = view;
        best.price = chosen.reduce((sum, { price }) => sum + price, 0);
        best.seats = chosen.map(({ name }) => name);
      }
    }
  }
  return best;
}

function blockAt(venue: Venue, firstRow: number, firstSeat: number): BlockSeat[] {
  const block: BlockSeat[] = [];
  for (let row = firstRow; row < firstRow + BLOCK_ROWS; row++) {
    const seats = venue.seats[row];
    if (seats === undefined) throw new Error(`venue ${venue.id}: the seat map has no row ${row + 1}`);
    seats.slice(firstSeat, firstSeat + BLOCK_SEATS).forEach((seat, i) => {
      block.push({ ...seat, name: `${String.fromCharCode(65 + row)}${firstSeat + i + 1}` });
    });
    block.push(AISLE);
  }
  return block;
}

/**
 * Fills `reach` from the last seat back to the first: the highest view that can still be had from a seat on, for
 * each state of the seat on the left, each number of people still to seat and each amount of money left.
 */
function highestView(block: readonly BlockSeat[], party: number, reach: Int32Array): number {
  const line = ORDER_LIMIT + 1;
  const layer = (party + 1) * line;
  const end = block.length * 3 * layer;
  reach.fill(IMPOSSIBLE, end, end + 3 * layer);
  reach.fill(0, end, end + line);

  for (let i = block.length - 1; i >= 0; i--) {
    const { price, view, taken } = block[i] as BlockSeat;
    const here = i * 3 * layer;
    const next = here + 3 * layer;
    for (let left = 0; left <= party; left++) {
      for (let money = 0; money <= ORDER_LIMIT; money++) {
        const at = left * line + money;
        const skip = reach[next + at] as number;
        let alone = IMPOSSIBLE;
        let together = IMPOSSIBLE;
        if (!taken && left > 0 && money >= price) {
          const after = next + at - line - price;
          alone = view + (reach[after + ALONE * layer] as number);
          together = view + (reach[after + TOGETHER * layer] as number);
        }
        reach[here + at] = Math.max(alone, skip);
        reach[here + ALONE * layer + at] = together;
        reach[here + TOGETHER * layer + at] = Math.max(together, skip);
      }
    }
  }
  return reach[party * line + ORDER_LIMIT] as number;
}

/** Follows `reach` from the first seat on and takes each seat that leads to the highest view. */
function choose(block: readonly BlockSeat[], party: number, reach: Int32Array): BlockSeat[] {
  const line = ORDER_LIMIT + 1;
  const layer = (party + 1) * line;
  const chosen: BlockSeat[] = [];
  let beside = NOBODY;
  let money = ORDER_LIMIT;
  block.forEach((seat, i) => {
    const left = party - chosen.length;
    const value = reach[(i * 3 + beside) * layer + left * line + money] as number;
    const state = beside === NOBODY ? ALONE : TOGETHER;
    const after = ((i + 1) * 3 + state) * layer + (left - 1) * line + money - seat.price;
    if (!seat.taken && left > 0 && seat.price <= money && seat.view + (reach[after] as number) === value) {
      chosen.push(seat);
      money -= seat.price;
      beside = state;
    } else {
      beside = NOBODY;
    }
  });
  return chosen;
}
