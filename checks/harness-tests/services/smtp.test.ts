import { createConnection } from 'node:net';
import nodemailer from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SmtpHandle } from '../../harness/services/smtp/handle.ts';
import { startSmtp } from '../../harness/services/smtp/sink.ts';
import { emailSays } from '../../harness/services/smtp/words.ts';

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

describe('the SMTP server', () => {
  it('keeps what it takes, with who it is for and its Message-ID', async () => {
    await send(1);
    expect(smtp.accepted).toMatchObject([
      { messageId: 'order-1@encore.example', to: ['ada@encore.example'], subject: 'Your order 1' },
    ]);
    expect(smtp.accepted[0]?.raw).toContain('Row 7, seat 12.');
  });

  it('refuses for now, and takes the same e-mail later', async () => {
    smtp.refuse((_email, attempt) => (attempt === 1 ? { code: 451, text: 'try again later' } : undefined));
    await expect(send(1)).rejects.toMatchObject({ responseCode: 451 });
    await send(1);
    expect(smtp.refused).toMatchObject([{ email: { messageId: 'order-1@encore.example' }, refusal: { code: 451 } }]);
    expect(smtp.accepted).toHaveLength(1);
  });

  it('refuses for good, and breaks off in the middle, when told to', async () => {
    smtp.refuse(() => ({ code: 550, text: 'no such mailbox' }));
    await expect(send(1)).rejects.toMatchObject({ responseCode: 550 });
    smtp.refuse(() => 'drop');
    await expect(send(2)).rejects.toThrow();
    expect(smtp.accepted).toEqual([]);
    await smtp.restore();
    await send(3);
    expect(smtp.accepted).toHaveLength(1);
  });

  it('goes on to refuse what is refused beside other steps when it is restored', async () => {
    smtp.refuseBeside(({ messageId }) => (messageId.startsWith('order-1@') ? { code: 451, text: 'later' } : undefined));
    smtp.refuse(() => ({ code: 550, text: 'never' }));
    await smtp.restore();
    await expect(send(1)).rejects.toMatchObject({ responseCode: 451 });
    await send(2);
    smtp.refuseBeside(undefined);
    await send(1);
    expect(smtp.accepted.map(({ messageId }) => messageId)).toEqual([
      'order-2@encore.example',
      'order-1@encore.example',
    ]);
  });

  it('refuses a recipient before the e-mail comes, for now and for good', async () => {
    smtp.refuseRecipients((_address, attempt) => (attempt === 1 ? { code: 450, text: 'mailbox busy' } : undefined));
    await expect(send(1)).rejects.toMatchObject({ responseCode: 450, command: 'RCPT TO' });
    expect(smtp.offered).toEqual([]);
    expect(smtp.refusedRecipients).toMatchObject([{ address: 'ada@encore.example', refusal: { code: 450 } }]);
    await send(1);
    expect(smtp.accepted).toHaveLength(1);
    smtp.refuseRecipients(() => ({ code: 550, text: 'no such mailbox' }));
    await expect(send(2)).rejects.toMatchObject({ responseCode: 550 });
    await smtp.restore();
    await send(2);
    smtp.reset();
    expect(smtp.refusedRecipients).toEqual([]);
  });

  it('refuses a sender, whoever it writes to, until it is told otherwise', async () => {
    smtp.refuseSenders({ code: 452, text: 'no space left' });
    await expect(send(1)).rejects.toMatchObject({ responseCode: 452, command: 'MAIL FROM' });
    expect(smtp.refusedSenders).toMatchObject([{ address: 'shop@encore.example', refusal: { code: 452 } }]);
    expect(smtp.refusedRecipients).toEqual([]);
    smtp.refuseSenders(undefined);
    await send(1);
    expect(smtp.accepted).toHaveLength(1);
    smtp.refuseSenders({ code: 550, text: 'not from you' });
    await smtp.restore();
    await send(2);
    smtp.reset();
    expect(smtp.refusedSenders).toEqual([]);
  });

  it('refuses with a reply of several lines, of one, or of the code alone, in the words that it is told', async () => {
    const replyTo = (sent: Promise<unknown>) =>
      sent.then(
        () => 'taken',
        ({ response }: { response?: string }) => response,
      );
    const refusal = (text: string) => ({ code: 550, text });
    const gmail = '5.1.1 no such account\n5.1.1 look for typos\n5.1.1 and for spaces';
    smtp.refuse(() => refusal('450 mailboxes\nand not this one'));
    expect(await replyTo(send(1))).toBe('550-450 mailboxes\n550 and not this one');
    smtp.refuse(() => refusal('no such mailbox'));
    expect(await replyTo(send(2))).toBe('550 no such mailbox');
    smtp.refuse(() => refusal(''));
    expect(await replyTo(send(3))).toBe('550');
    smtp.refuseRecipients(() => refusal(gmail));
    expect(await replyTo(send(4))).toBe(
      '550-5.1.1 no such account\n550-5.1.1 look for typos\n550 5.1.1 and for spaces',
    );
    smtp.refuseSenders(refusal('who\nare you'));
    expect(await replyTo(send(5))).toBe('550-who\n550 are you');
  });

  it('refuses connections while it is cut, and is there again at the same port', async () => {
    const pool = nodemailer.createTransport({ url: smtp.url, pool: true } as object);
    await pool.sendMail(letter(1));
    await smtp.cut();
    await smtp.cut();
    await expect(pool.sendMail(letter(2))).rejects.toThrow();
    await expect(send(2)).rejects.toMatchObject({ code: expect.stringMatching(/ESOCKET|ECONNREFUSED|ECONNECTION/) });
    expect(await smtp.alive()).toBe(false);
    await smtp.restore();
    expect(await smtp.alive()).toBe(true);
    await send(3);
    pool.close();
    expect(smtp.accepted.map(({ messageId }) => messageId)).toEqual([
      'order-1@encore.example',
      'order-3@encore.example',
    ]);
    await smtp.cut(); // It can be closed while it is cut.
  });

  it('takes its time when told to', async () => {
    smtp.setLatency(200);
    const startedAt = performance.now();
    await send(1);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(195);
  });

  it('has not taken what its sender did not wait for', async () => {
    smtp.setLatency(300);
    const { port } = new URL(smtp.url);
    const socket = createConnection(Number(port), '127.0.0.1');
    const said = [
      'EHLO a',
      'MAIL FROM:<a@b.example>',
      'RCPT TO:<c@d.example>',
      'DATA',
      'Message-ID: <x@y>\r\n\r\nHello\r\n.',
    ];
    let heard = '';
    await new Promise<void>((resolve) => {
      socket.on('close', () => resolve());
      socket.on('data', (data) => {
        heard += data;
        if (!/(^|\n)\d{3} [^\n]*\n$/.test(heard)) return;
        heard = '';
        const next = said.shift();
        socket.write(`${next}\r\n`, () => said.length === 0 && socket.destroy());
      });
    });
    await expect.poll(() => smtp.connections().now).toBe(0);
    smtp.setLatency(0);
    await send(2);
    expect(smtp.accepted.map(({ messageId }) => messageId)).toEqual(['order-2@encore.example']);
  });

  it('tells of e-mails whose sender did not wait for the answer, and of no others', async () => {
    await send(1);
    smtp.hold();
    const impatient = nodemailer.createTransport({ url: smtp.url, socketTimeout: 1_000 });
    await expect(impatient.sendMail(letter(2))).rejects.toThrow();
    await expect
      .poll(() => smtp.abandoned, { timeout: 3_000 })
      .toMatchObject([{ messageId: 'order-2@encore.example' }]);
    smtp.release();
    await send(3);
    expect(smtp.abandoned).toHaveLength(1);
  });

  it('keeps only the senders of some e-mails waiting', async () => {
    smtp.hold(({ messageId }) => messageId.startsWith('order-1@'));
    const slow = send(1);
    await expect.poll(() => smtp.offered.length).toBe(1);
    await send(2);
    expect(smtp.accepted.map(({ messageId }) => messageId)).toEqual(['order-2@encore.example']);
    smtp.release();
    await slow;
    expect(smtp.accepted).toHaveLength(2);
  });

  it.each([
    ['plain', (text: string) => ({ text })],
    ['base64', (text: string) => ({ text, textEncoding: 'base64' as const })],
    ['quoted-printable', (text: string) => ({ text, textEncoding: 'quoted-printable' as const })],
    ['HTML', (text: string) => ({ html: `<p>${text.replaceAll('&', '&amp;').replaceAll('“', '&#8220;')}</p>` })],
    ['a subject', (subject: string) => ({ subject, text: 'See above.' })],
  ])('tells what is in an e-mail: %s', async (_, written) => {
    const event = 'Zoë & “Die Ärzte”, 22:30 \\';
    const sentence = `we have two tickets for ${event}, in the seventh row and in the middle of it. `;
    await nodemailer.createTransport(smtp.url).sendMail({ ...letter(1), ...written(sentence) });
    const [email] = smtp.accepted;
    expect(email && emailSays(email, event)).toBe(true);
    expect(email && emailSays(email, 'Zoe & “Die Ärzte”')).toBe(false);
  });

  it('keeps its sender waiting until it is released, and has not taken what was not waited for', async () => {
    smtp.hold();
    const patient = send(1);
    const impatient = nodemailer.createTransport({ url: smtp.url, socketTimeout: 200 } as object).sendMail(letter(2));
    await expect.poll(() => smtp.offered.length).toBe(2);
    await expect(impatient).rejects.toThrow();
    expect(smtp.accepted).toEqual([]);
    await expect.poll(() => smtp.connections().now).toBe(1);
    smtp.release();
    await patient;
    expect(smtp.accepted).toMatchObject([{ messageId: 'order-1@encore.example' }]);
    smtp.hold();
    await smtp.restore();
    await send(3);
    expect(smtp.offered).toHaveLength(3);
  });

  it('lives through clients that break off', async () => {
    const port = Number(new URL(smtp.url).port);
    for (let round = 0; round < 100; round++) {
      await new Promise<void>((resolve) => {
        const socket = createConnection(port, '127.0.0.1', () => {
          socket.write(['EHLO', 'DATA\r\n', '\0'.repeat(5_000), 'MAIL FROM:<'][round % 4] ?? '');
          socket.resetAndDestroy();
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
    }
    await expect.poll(() => smtp.connections().now).toBe(0);
    await send(1);
    expect(await smtp.alive()).toBe(true);
  });
});
