import { createTransport } from 'nodemailer';

export type Mailer = ReturnType<typeof createMailer>;

export function createMailer(url: string) {
  return createTransport({ url });
}

export interface Confirmation {
  order: number;
  email: string;
  title: string;
  seats: number;
}

/** The e-mail that confirms an order. Its Message-ID is made of the order, so one that comes twice can be told. */
export function confirmationOf({ order, email, title, seats }: Confirmation) {
  return {
    messageId: `<order-${order}@encore.example>`,
    from: 'Encore <orders@encore.example>',
    to: email,
    subject: `Your order ${order}`,
    text: `Hello,\n\nwe have ${seats === 1 ? '1 ticket' : `${seats} tickets`} for ${title} for you.\n\nEncore\n`,
  };
}
