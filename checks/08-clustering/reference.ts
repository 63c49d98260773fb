import { readFileSync } from 'node:fs';

// The lesson's quote, once more: no change in the app moves the yardstick.

interface Event {
  id: string;
  seats: number;
  fromCents: number;
}

export interface Quote {
  event: string;
  cents: number;
  soldOutPercent: number;
}

const events: Event[] = JSON.parse(readFileSync(new URL('./events.json', import.meta.url), 'utf8'));
export const eventIds = events.map(({ id }) => id);

/** What the app must answer for every event. */
export function quotes(): Quote[] {
  return events.map(quote);
}

let knownCostMs: number | undefined;

/**
 * CPU milliseconds that one quote costs in this process: the least of all. Some are measured beside the work of V8’s
 * own threads, and no app may be held to that.
 */
export function quoteCostMs(): number {
  if (knownCostMs !== undefined) return knownCostMs;
  const runs = events.map((event) => {
    const before = process.cpuUsage();
    quote(event);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  knownCostMs = Math.min(...runs);
  return knownCostMs;
}

const SALES = 1_800;
const MINUTES = 240;

/** What a ticket costs now: the event's sale is simulated many times, and the price follows the demand. */
function quote(event: Event): Quote {
  const random = randomNumbers(event.id);
  let soldOut = 0;
  let sold = 0;
  for (let sale = 0; sale < SALES; sale++) {
    let left = event.seats;
    // Interest falls over the evening; a rumour now and then doubles it.
    let interest = Math.floor(event.seats / 120) + (random() % 64);
    for (let minute = 0; minute < MINUTES; minute++) {
      const rumour = random() % 100 === 0 ? 2 : 1;
      const wanted = random() % (interest * rumour + 1);
      left -= Math.min(wanted, left);
      if (minute % 30 === 29) interest -= interest >> 3;
    }
    if (left === 0) soldOut++;
    sold += event.seats - left;
  }
  const soldPerMille = Math.floor((sold / (SALES * event.seats)) * 1_000);
  const cents = event.fromCents + Math.floor((event.fromCents * soldPerMille) / 1_000);
  return { event: event.id, cents, soldOutPercent: Math.floor((soldOut * 100) / SALES) };
}

/** The same numbers for the same event each time (xorshift), so that two customers see the same price. */
function randomNumbers(seed: string): () => number {
  let state = 2_166_136_261;
  for (const letter of seed) state = Math.imul(state ^ (letter.codePointAt(0) ?? 0), 16_777_619);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
