import type { Question } from './ask.ts';

/** A request that a client should not have sent, and the answers that are right. */
interface Wrong {
  what: string;
  question: Question;
  status: readonly number[];
  /** Asked with a session. */
  loggedIn?: boolean;
}

/** Has eight. */
const fewSeats = 3;

const order = (event: unknown, seats: unknown) => ({
  loggedIn: true,
  question: { method: 'POST', path: '/orders', json: { event, seats } },
});

export const tooManySeats = order(fewSeats, 8);

export const wrongs: readonly Wrong[] = [
  { what: 'malformed JSON', question: { method: 'POST', path: '/login', raw: '{"email":' }, status: [400] },
  { what: 'a login that is a list', question: { method: 'POST', path: '/login', json: [] }, status: [400, 401] },
  {
    what: 'a password that is an object',
    question: { method: 'POST', path: '/login', json: { email: 'customer5@example.org', password: {} } },
    status: [400, 401],
  },
  { what: 'an id that can’t be one', question: { path: '/events/abc' }, status: [404] },
  { what: 'an id too large', question: { path: '/events/99999999999999' }, status: [404] },
  { what: 'a broken escape', question: { path: '/events/%E0%A4%A' }, status: [400, 404] },
  { what: 'an event that is over', question: { path: '/events/150' }, status: [404] },
  { what: 'an unknown path', question: { path: '/no/such/page' }, status: [404] },
  { what: 'no session', question: { path: '/orders' }, status: [401] },
  { what: 'an order of nine seats', ...order(5, 9), status: [400] },
  { what: 'an order of half a seat', ...order(5, 0.5), status: [400] },
  { what: 'an order of half an event', ...order(1.5, 1), status: [400, 404] },
  { what: 'an order of an event in words', ...order('five', 1), status: [400] },
  { what: 'an order of an event that is over', ...order(150, 1), status: [404] },
  { what: 'an order of more seats than are left', ...tooManySeats, status: [409] },
  { what: 'an order that can’t be one', loggedIn: true, question: { path: '/orders/abc' }, status: [404] },
  // More than PostgreSQL's integer, and no more than JavaScript's.
  { what: 'an order whose id is too large', loggedIn: true, question: { path: '/orders/3000000000' }, status: [404] },
  { what: 'an order of an event whose id is too large', ...order(3_000_000_000, 1), status: [400, 404] },
  {
    what: 'the ticket of an order that does not exist',
    loggedIn: true,
    question: { path: '/orders/2000000000/ticket' },
    status: [404],
  },
];
