import { ClientError } from './problems.ts';

/** Whether it can be the id of something. */
export function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}

/** The id in a path. What can't be one belongs to nothing. */
export function idIn(text: string): number {
  const id = /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
  if (!isId(id)) throw new ClientError(404, 'There is nothing at this address.');
  return id;
}
