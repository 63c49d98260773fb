import { ClientError, type InvalidField } from './problems.ts';

export interface Order {
  event: string;
  seats: number;
  email: string;
}

/** @throws {ClientError} that names every field which is wrong, and quotes none. */
export function parseOrder(body: unknown): Order {
  const { event, seats, email } = (body ?? {}) as Record<string, unknown>;
  const errors: InvalidField[] = [];
  if (typeof event !== 'string' || event === '') errors.push({ field: 'event', message: 'must be the id of an event' });
  if (!Number.isInteger(seats) || Number(seats) < 1 || Number(seats) > 20)
    errors.push({ field: 'seats', message: 'must be a whole number from 1 to 20' });
  if (typeof email !== 'string' || !email.includes('@')) errors.push({ field: 'email', message: 'must be an address' });
  if (errors.length > 0) throw new ClientError(422, 'Some fields of the order are not valid.', errors);
  return { event, seats, email } as Order;
}
