let drawn = 0;

/** GETs that reach Node whatever nginx keeps: none is asked twice. */
export function newGets(): string[] {
  drawn++;
  return [`/events?n=${drawn}`, `/events/oslo?n=${drawn}`, `/orders/none-${drawn}`, `/whoami?n=${drawn}`];
}

export const ada = { authorization: 'Bearer ada.9f31c7' };

interface Get {
  path: string;
  headers: Record<string, string>;
}

/** As above, and more: together they ask every location that a layout may have. */
export function newGetsOfAll(): Get[] {
  const everybody = [...newGets(), `/waiting-room?n=${drawn}`, `/live?n=${drawn}`, `/events/none-${drawn}/seats.csv`];
  return [...everybody.map((path) => ({ path, headers: {} })), { path: `/events/oslo?m=${drawn}`, headers: ada }];
}
