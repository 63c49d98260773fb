/** A show as the box office keeps it. The programme shows six of these fields, and nobody outside may see the others. */
export interface ShowRow {
  id: string;
  title: string;
  city: string;
  startsAt: string;
  priceCents: number;
  seatsLeft: number;
  description: string;
  guaranteeCents: number;
  promoter: { name: string; email: string; iban: string };
  soldByDay: { day: string; seats: number; revenueCents: number }[];
  contract: string;
}

const cities = ['Berlin', 'Oslo', 'Lisbon', 'Malmö', 'Vienna', 'Dublin', 'Prague', 'Madrid'];
const kinds = ['Friday Opening', 'Late Show', 'Saturday Matinee', 'Rock-Night', 'Sunday Brunch', 'Closing Party'];
const showsInAll = 240;
const daysOnSale = 21;

const description =
  'Doors open an hour before the show. Bags are checked at the door. Children under six come in free.';
const contract = `The promoter provides stage, light and sound, and eight stage hands from noon until the end of load-out.
Catering for 34 persons. A hot meal after the show. Two rooms that can be locked. Parking for two buses and five trucks.
A show that is cancelled later than 14 days before its date is paid in full. Settlement on the night of the show.`;

function makeRow(n: number): ShowRow {
  const city = cities[n % cities.length] as string;
  const priceCents = 2_900 + ((n * 700) % 6_300);
  return {
    id: String(n + 1),
    title: `${kinds[n % kinds.length]} ${1 + Math.floor(n / kinds.length)}`,
    city,
    startsAt: new Date(Date.UTC(2027, 4, 1 + (n % 60), 18, 30)).toISOString(),
    priceCents,
    seatsLeft: 5_000 + n,
    description,
    guaranteeCents: 1_200_000 + n * 35_000,
    promoter: {
      name: `Live in ${city} ${n}`,
      email: `booking-${n}@live.example`,
      iban: `DE${21 + n}500105175407${100_000 + n * 37}`,
    },
    soldByDay: Array.from({ length: daysOnSale }, (_, day) => {
      const seats = (n * 31 + day * 17) % 90;
      return { day: `2027-03-${String(day + 1).padStart(2, '0')}`, seats, revenueCents: seats * priceCents };
    }),
    contract,
  };
}

/** All shows, in the order of the programme. */
export const shows: ShowRow[] = Array.from({ length: showsInAll }, (_, n) => makeRow(n));

const showsById = new Map(shows.map((show) => [show.id, show]));

export function findShow(id: string): ShowRow | undefined {
  return showsById.get(id);
}
