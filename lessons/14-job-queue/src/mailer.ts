import { createTransport } from 'nodemailer';
import { textOf } from './letter.ts';
import type { Placed } from './orders.ts';

export type Mailer = ReturnType<typeof createMailer>;

/** By default the pool sends an e-mail again by itself, and at once, when a 421 or a break ends its connection early. */
export function createMailer(url: string, maxConnections: number) {
  return createTransport({ url, pool: true, maxConnections, maxRequeues: 0 });
}

/** The e-mail that confirms an order. Its Message-ID is made of the order, so one that comes twice can be told. */
export function confirmationOf(id: string, placed: Placed) {
  return {
    messageId: `<${id}@encore.example>`,
    from: 'Encore <orders@encore.example>',
    to: placed.email,
    subject: `Your order ${id}`,
    text: textOf(placed),
  };
}
