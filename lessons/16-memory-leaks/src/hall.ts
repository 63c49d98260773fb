export interface ShowEvent {
  id: string;
  title: string;
  city: string;
  rows: number;
  seatsInRow: number;
  seatsLeft: number;
}

const halls: [id: string, title: string, city: string, rows: number, seatsInRow: number][] = [
  ['1', 'Chamber music', 'berlin', 8, 10],
  ['2', 'Poetry night', 'oslo', 4, 12],
  ['3', 'The Seagull', 'riga', 20, 22],
  ['4', 'Football final', 'lisbon', 1_500, 80],
];

const events = new Map<string, ShowEvent>(
  halls.map(([id, title, city, rows, seatsInRow]) => [
    id,
    { id, title, city, rows, seatsInRow, seatsLeft: rows * seatsInRow },
  ]),
);

export function eventById(id: unknown): ShowEvent | undefined {
  return typeof id === 'string' ? events.get(id) : undefined;
}

/** The seats of a hall for the box office, one JSON object a line, a row at a time. */
export function* rowsOf(event: ShowEvent): Generator<string> {
  for (let row = 1; row <= event.rows; row++) {
    let lines = '';
    for (let seat = 1; seat <= event.seatsInRow; seat++)
      lines += `${JSON.stringify({ event: event.id, city: event.city, row, seat })}\n`;
    yield lines;
  }
}
