import type { Question } from './ask.ts';
import type { Customer } from './customers.ts';

/** What customers look at: few events, and most of them the one of the day. */
export const lookedAt = [1, 1, 2, 1, 1, 17, 1, 42];
/** Ordered besides 1. They have thousands of seats. */
const plentiful = [17, 42, 5, 33];

/** In what share of a hundred requests. 85 browse. */
const shares = [
  ['list', 45],
  ['event', 40],
  ['login', 4],
  ['me', 3],
  ['order', 4],
  ['orders', 2],
  ['one order', 1],
  ['ticket', 1],
] as const;
type Kind = (typeof shares)[number][0];
/** A hundred of them, mixed, the same each time. */
const hundred: Kind[] = [];
for (const [kind, share] of shares) for (let n = 0; n < share; n++) hundred.push(kind);
const kinds = hundred.map((_, n) => hundred[(n * 37) % 100] as Kind);

/** What the next visitor wants. */
export interface Visit {
  question: Question;
  /** Who, where it matters. */
  customer: Customer | undefined;
  logsIn?: boolean;
}

/** Chooses what is asked, by turns and never by chance, so that every run asks the same. */
export class Mix {
  readonly #loggedIn: readonly Customer[];
  readonly #newcomers: readonly Customer[];
  /** Orders that were accepted, by customer. */
  readonly #orders: readonly { id: number; who: number }[];
  /** ETags by path, as a browser keeps them. */
  readonly etags = new Map<string, string>();
  #n = 0;

  constructor(
    loggedIn: readonly Customer[],
    newcomers: readonly Customer[],
    orders: readonly { id: number; who: number }[],
  ) {
    this.#loggedIn = loggedIn;
    this.#newcomers = newcomers;
    this.#orders = orders;
  }

  next(): Visit {
    const n = this.#n++;
    const kind = kinds[n % 100] as Kind;
    const round = Math.floor(n / 100);
    const customer = this.#loggedIn[(n * 13) % this.#loggedIn.length];
    if (kind === 'list') return this.#browse('/events', 'GET /events', n, customer);
    if (kind === 'event')
      return this.#browse(`/events/${lookedAt[n % lookedAt.length]}`, 'GET /events/:id', n, customer);
    if (kind === 'login') {
      const newcomer = this.#newcomers[(round * 4 + (n % 4)) % this.#newcomers.length];
      return { question: { method: 'POST', path: '/login' }, customer: newcomer, logsIn: true };
    }
    if (kind === 'me') return { question: { path: '/me' }, customer };
    if (kind === 'order') {
      const event = n % 3 === 0 ? (plentiful[round % plentiful.length] as number) : 1;
      return { question: { method: 'POST', path: '/orders', json: { event, seats: 1 + (n % 3) } }, customer };
    }
    const order = this.#orders[(n * 7) % Math.max(1, this.#orders.length)];
    const owner = order && this.#loggedIn.find(({ number }) => number === order.who);
    if (kind === 'orders' || !order || !owner) return { question: { path: '/orders' }, customer };
    const ticket = kind === 'ticket' ? '/ticket' : '';
    return {
      question: { path: `/orders/${order.id}${ticket}`, route: `GET /orders/:id${ticket}` },
      customer: owner,
    };
  }

  /** Every other browser has been here before; every third has a session. */
  #browse(path: string, route: string, n: number, customer: Customer | undefined): Visit {
    const etag = n % 2 === 0 ? this.etags.get(path) : undefined;
    const headers: Record<string, string> = etag ? { 'if-none-match': etag } : {};
    return { question: { path, route, headers }, customer: n % 3 === 0 ? customer : undefined };
  }
}
