import { createHmac } from 'node:crypto';

// What is printed on a ticket. The gates have the same file, and read what it draws: leave the code and the pattern as they are.

export interface TicketOptions {
  order: number;
  event: number;
  seats: number;
  secret: string;
}

const rows = 24;
/** So many steps for each row, so that nobody prints a thousand tickets by guessing. */
const steps = 250_000;

/** The ticket as an SVG. That takes some 40 ms of CPU. */
export function makeTicket({ order, event, seats, secret }: TicketOptions): string {
  const seal = createHmac('sha256', secret).update(`${order}.${event}.${seats}`).digest();
  const bars = Array.from({ length: rows }, (_, row) => {
    const width = 20 + (pattern(seal.readUInt32LE(row % 8) ^ Math.imul(row + 1, 0x9e3779b1)) % 180);
    return `<rect x="10" y="${30 + row * 5}" width="${width}" height="4"/>`;
  });
  const code = seal.toString('hex').slice(0, 24).toUpperCase();
  return `<svg xmlns="http://www.w3.org/2000/svg" width="220" height="180"><text x="10" y="20">Order ${order}: ${seats} for event ${event}</text>${bars.join('')}<text x="10" y="170">${code}</text></svg>\n`;
}

/** A row of the pattern (xorshift). */
function pattern(seed: number): number {
  let state = seed | 1;
  for (let step = 0; step < steps; step++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return state >>> 0;
}
