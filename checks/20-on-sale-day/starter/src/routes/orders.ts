import { type Request, Router } from 'express';
import type { Customer } from '../customers.ts';
import type { Events } from '../events.ts';
import { log } from '../log.ts';
import { confirmationOf, type Mailer } from '../mailer.ts';
import type { OrderRow, Orders } from '../orders.ts';
import { customerOf, requireLogin } from '../sessions.ts';
import { settings } from '../settings.ts';
import { makeTicket } from '../ticket.ts';

export interface OrderRoutesOptions {
  orders: Orders;
  events: Events;
  mailer: Mailer;
}

const mostSeats = 8;

/** The orders of the customer who asks. */
export function orderRoutes({ orders, events, mailer }: OrderRoutesOptions): Router {
  const router = Router();
  router.use(requireLogin);

  router.post('/', async (req, res) => {
    const { event, seats } = req.body;
    if (!(event > 0 && seats >= 1 && seats <= mostSeats)) {
      res.status(400).send(`An order has an event and 1 to ${mostSeats} seats`);
      return;
    }
    const customer = customerOf(req) as Customer;
    const placed = await orders.place(customer.id, event, seats);
    if (placed === 'no such event') res.status(404).send('No such event');
    else if (placed === 'sold out') res.status(409).send('So many seats are not left');
    else {
      await confirm(placed.id, customer, event, seats);
      res.status(201).json({ id: placed.id, event, seats });
    }
  });

  router.get('/', async (req, res) => {
    const rows = await orders.ofCustomer(idOf(req));
    const list: object[] = [];
    for (const row of rows) list.push(await shown(row));
    res.json({ orders: list });
  });

  router.get('/:id', async (req, res) => {
    const row = await orders.find(idOf(req), req.params.id);
    if (row) res.json(await shown(row));
    else res.status(404).send('No such order');
  });

  router.get('/:id/ticket', async (req, res) => {
    const row = await orders.find(idOf(req), req.params.id);
    if (!row) {
      res.status(404).send('No such order');
      return;
    }
    const ticket = makeTicket({ order: row.id, event: row.event_id, seats: row.seats, secret: settings.ticketSecret });
    res.type('svg').send(ticket);
  });

  async function shown({ id, event_id, seats, placed_at }: OrderRow): Promise<object> {
    return { id, event: await events.venueOf(event_id), seats, placedAt: placed_at };
  }

  async function confirm(order: number, { email }: Customer, event: number, seats: number): Promise<void> {
    try {
      const { title } = await events.venueOf(event);
      await mailer.sendMail(confirmationOf({ order, email, title, seats }));
      await orders.confirmed(order);
    } catch (error) {
      // They have their tickets all the same.
      log(`order ${order} was not confirmed: ${error}`);
    }
  }

  return router;
}

function idOf(req: Request): number {
  return (customerOf(req) as Customer).id;
}
