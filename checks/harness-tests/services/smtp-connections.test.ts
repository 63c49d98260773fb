import nodemailer from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SmtpHandle } from '../../harness/services/smtp/handle.ts';
import { startSmtp } from '../../harness/services/smtp/sink.ts';

let smtp: SmtpHandle;
beforeEach(async () => {
  smtp = await startSmtp();
});
afterEach(() => smtp.close());

const letter = (order: number) => ({
  from: 'shop@encore.example',
  to: 'ada@encore.example',
  subject: `Your order ${order}`,
  text: 'Row 7, seat 12.',
  messageId: `<order-${order}@encore.example>`,
});

/** Connections that are closed after each e-mail. */
const send = (order: number) => nodemailer.createTransport(smtp.url).sendMail(letter(order));

describe('connections to the SMTP server', () => {
  it('counts connections, and allows five at a time', async () => {
    smtp.setLatency(100);
    const pool = nodemailer.createTransport({ url: smtp.url, pool: true, maxConnections: 2 } as object);
    await Promise.all(Array.from({ length: 6 }, (_, index) => pool.sendMail(letter(index))));
    expect(smtp.connections()).toMatchObject({ most: 2, total: 2 });
    pool.close();
    await expect.poll(() => smtp.connections().now).toBe(0);
    smtp.reset();
    const sent = await Promise.allSettled(Array.from({ length: 7 }, (_, index) => send(index)));
    expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(smtp.connections().most).toBe(5);
  });

  it('counts those whom it turns away', async () => {
    smtp.hold();
    const sent = Promise.allSettled(Array.from({ length: 7 }, (_, index) => send(index)));
    await expect.poll(() => smtp.connections()).toMatchObject({ now: 5, turnedAway: 2 });
    smtp.release();
    await sent;
    smtp.reset();
    expect(smtp.connections()).toMatchObject({ total: 0, turnedAway: 0 });
  });

  it('serves as many at one time as it is told, until it is restored', async () => {
    smtp.allow(7);
    smtp.hold();
    const sent = Promise.allSettled(Array.from({ length: 8 }, (_, index) => send(index)));
    await expect.poll(() => smtp.connections()).toMatchObject({ now: 7, turnedAway: 1 });
    await smtp.restore();
    await sent;
    smtp.hold();
    const again = Promise.allSettled(Array.from({ length: 6 }, (_, index) => send(index)));
    await expect.poll(() => smtp.connections()).toMatchObject({ now: 5, turnedAway: 2 });
    smtp.release();
    await again;
  });
});
