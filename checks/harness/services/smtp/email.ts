import { text } from 'node:stream/consumers';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';

/** An e-mail as it came over the wire. */
export interface Email {
  /** Without its angle brackets; empty when there is none. */
  messageId: string;
  from: string;
  to: readonly string[];
  subject: string;
  /** Headers and body, as they were sent. */
  raw: string;
  /** Which connection brought it. */
  connection: string;
  /** When it had come whole, as performance.now() tells it. */
  atMs: number;
}

/** Reads one to its end. */
export async function emailOf(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Email> {
  const raw = await text(stream);
  const { mailFrom, rcptTo } = session.envelope;
  return {
    messageId: headerOf(raw, 'message-id').replace(/^<|>$/g, ''),
    from: mailFrom ? mailFrom.address : '',
    to: rcptTo.map(({ address }) => address),
    subject: headerOf(raw, 'subject'),
    raw,
    connection: session.id,
    atMs: performance.now(),
  };
}

/** A header that goes on in indented lines is one. */
function headerOf(raw: string, name: string): string {
  const headers = raw.split(/\r?\n\r?\n/, 1)[0]?.replace(/\r?\n[ \t]+/g, ' ') ?? '';
  return new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(headers)?.[1]?.trim() ?? '';
}
