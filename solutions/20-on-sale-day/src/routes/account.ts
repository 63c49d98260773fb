import { type RequestHandler, Router } from 'express';
import type { Customers } from '../customers.ts';
import { ClientError } from '../problems.ts';
import { customerOf, requireLogin, startSession } from '../sessions.ts';

/** Who a customer is. */
export function accountRoutes(customers: Customers, limitLogins: RequestHandler): Router {
  const router = Router();

  router.post('/login', limitLogins, async (req, res) => {
    const { email, password } = req.body ?? {};
    if (typeof email !== 'string' || typeof password !== 'string')
      throw new ClientError(400, 'email and password must be text.');
    const customer = await customers.authenticate(email, password);
    if (!customer) throw new ClientError(401, 'Wrong e-mail address or password.');
    await startSession(req, customer);
    res.json({ name: customer.name, email: customer.email });
  });

  router.get('/me', requireLogin, (req, res) => {
    const customer = customerOf(req);
    res.json({ name: customer?.name, email: customer?.email });
  });

  return router;
}
