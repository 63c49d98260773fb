import { type Request, Router } from 'express';
import type { Customer } from '../customers.ts';
import { idIn, isId } from '../ids.ts';
import type { Order, Orders } from '../orders.ts';
import { ClientError } from '../problems.ts';
import { customerOf, requireLogin } from '../sessions.ts';
import { settings } from '../settings.ts';
import { makeTicketInPool } from '../ticket-pool.ts';

const mostSeats = 8;

/** The orders of the customer who asks. */
export function orderRoutes(orders: Orders): Router {
  const router = Router();
  router.use(requireLogin);

  router.post('/', async (req, res) => {
    const { event, seats } = req.body ?? {};
    if (!isId(event) || !isId(seats) || seats > mostSeats)
      throw new ClientError(400, `An order has the number of an event and 1 to ${mostSeats} seats.`);
    const placed = await orders.place(idOf(req), event, seats);
    if (placed === 'no such event') throw new ClientError(404, 'No such event.');
    if (placed === 'sold out') throw new ClientError(409, 'So many seats are not left.');
    res.status(201).json({ id: placed.id, event, seats });
  });

  router.get('/', async (req, res) => {
    res.json({ orders: await orders.ofCustomer(idOf(req)) });
  });

  router.get('/:id', async (req, res) => {
    res.json(await orderOf(req));
  });

  router.get('/:id/ticket', async (req, res) => {
    const { id, event, seats } = await orderOf(req);
    const ticket = await makeTicketInPool({ order: id, event: event.id, seats, secret: settings.ticketSecret });
    res.type('svg').send(ticket);
  });

  async function orderOf(req: Request<{ id: string }>): Promise<Order> {
    const order = await orders.find(idOf(req), idIn(req.params.id));
    if (!order) throw new ClientError(404, 'No such order.');
    return order;
  }

  return router;
}

function idOf(req: Request<{ id: string }> | Request): number {
  return (customerOf(req as Request) as Customer).id;
}
