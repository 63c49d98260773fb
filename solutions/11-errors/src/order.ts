export interface Order {
  event: string;
  seats: number;
  email: string;
}

export interface InvalidField {
  field: string;
  message: string;
}

/** Every field of an order that is wrong; none where it is valid. It quotes nothing of what was sent. */
export function invalidFields(body: unknown): InvalidField[] {
  const { event, seats, email } = (body ?? {}) as Record<string, unknown>;
  const invalid: InvalidField[] = [];
  if (typeof event !== 'string' || event === '')
    invalid.push({ field: 'event', message: 'must be the id of an event' });
  if (!Number.isInteger(seats) || Number(seats) < 1 || Number(seats) > 20)
    invalid.push({ field: 'seats', message: 'must be a whole number from 1 to 20' });
  if (typeof email !== 'string' || !email.includes('@'))
    invalid.push({ field: 'email', message: 'must be an address' });
  return invalid;
}
