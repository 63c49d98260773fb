import { Router } from 'express';
import type { Customers } from '../customers.ts';
import { countFailure, limitLogins } from '../login-limit.ts';
import { customerOf, requireLogin } from '../sessions.ts';

/** Who a customer is. */
export function accountRoutes(customers: Customers): Router {
  const router = Router();

  router.post('/login', limitLogins, async (req, res) => {
    const { email, password } = req.body;
    const customer = await customers.authenticate(email, password);
    if (!customer) {
      countFailure(req);
      res.status(401).send('Wrong e-mail address or password');
      return;
    }
    req.session.customer = customer;
    res.json({ name: customer.name, email: customer.email });
  });

  router.get('/me', requireLogin, (req, res) => {
    const customer = customerOf(req);
    res.json({ name: customer?.name, email: customer?.email });
  });

  return router;
}
