import { createHash } from 'node:crypto';

interface Venue {
  id: string;
  name: string;
  rows: number;
  seatsInRow: number;
}

const venues: Venue[] = [
  { id: 'old-mill', name: 'Old Mill', rows: 12, seatsInRow: 20 },
  { id: 'harbour-hall', name: 'Harbour Hall', rows: 30, seatsInRow: 40 },
  { id: 'grand-theatre', name: 'Grand Theatre', rows: 24, seatsInRow: 32 },
  { id: 'cellar-stage', name: 'Cellar Stage', rows: 6, seatsInRow: 12 },
];

export interface SeatMap {
  svg: string;
  /** Another one when the map is another one. */
  version: string;
}

const maps = new Map(venues.map((venue) => [venue.id, draw(venue)]));

/** The seat map of a venue, if there is such a venue. */
export function mapOf(id: string): SeatMap | undefined {
  return maps.get(id);
}

/** Where the map is that an event of this venue shows: "/venues/old-mill/map.svg?v=3f2a1c9e04". */
export function mapAddress(venueName: string): string | null {
  const venue = venues.find(({ name }) => name === venueName);
  const map = venue && maps.get(venue.id);
  return venue && map ? `/venues/${venue.id}/map.svg?v=${map.version}` : null;
}

function draw({ name, rows, seatsInRow }: Venue): SeatMap {
  const seats = Array.from({ length: rows * seatsInRow }, (_, n) => {
    const [x, y] = [10 * (n % seatsInRow), 20 + 10 * Math.floor(n / seatsInRow)];
    return `<rect x="${x}" y="${y}" width="8" height="8"/>`;
  });
  const size = `width="${10 * seatsInRow}" height="${20 + 10 * rows}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><text y="12">${name}</text>${seats.join('')}</svg>`;
  return { svg, version: createHash('sha1').update(svg).digest('hex').slice(0, 10) };
}
