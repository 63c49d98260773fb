let drawn = 0;

/** GETs that reach Node whatever nginx keeps: none is asked twice. */
export function newGets(): string[] {
  drawn++;
  return [`/events?n=${drawn}`, `/events/oslo?n=${drawn}`, `/orders/none-${drawn}`, `/whoami?n=${drawn}`];
}
