import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { OpenService } from '../service.ts';
import { type Email, emailOf } from './email.ts';

/** Why an e-mail is not taken: 451 may be tried again, 550 never; with `drop` the connection breaks in its middle. */
export type Refusal = { code: 421 | 450 | 451 | 452 | 550 | 552 | 554; text: string } | 'drop';

/** How many connections a client may keep, as many relays allow. */
const mostConnections = 5;

/** What checks do with the SMTP server: slow it, make it refuse, and read what it took. */
export interface SmtpHandle extends OpenService {
  /** For the app's SMTP_URL: "smtp://127.0.0.1:41231". Without TLS and without a login. */
  url: string;
  /** What was taken, in the order of its acknowledgement. */
  readonly accepted: readonly Email[];
  /** What was offered and not taken, with why. */
  readonly refused: readonly { email: Email; refusal: Refusal }[];
  /** What came whole, in the order in which it came: also what was refused, and what nobody waited for. */
  readonly offered: readonly Email[];
  /** Connections open now, the most at one time, how many there were since the last reset, and how many too many. */
  connections(): { now: number; most: number; total: number; turnedAway: number };
  /** How long the server thinks after each e-mail, before it answers. */
  setLatency(latencyMs: number): void;
  /** Whatever comes from now on gets no answer until `release`: who sends it is in the middle of it. */
  hold(): void;
  /** Answers what was held. */
  release(): void;
  /** Asked of each e-mail from now on; undefined takes it. */
  refuse(decide: ((email: Email, attempt: number) => Refusal | undefined) | undefined): void;
  /** Forgets what came, and counts connections anew. */
  reset(): void;
}

/** Starts a real SMTP server on 127.0.0.1 that delivers nothing and keeps what comes. */
export async function startSmtp(): Promise<SmtpHandle> {
  const accepted: Email[] = [];
  const offered: Email[] = [];
  const refused: { email: Email; refusal: Refusal }[] = [];
  const attempts = new Map<string, number>();
  let latencyMs = 0;
  let held: PromiseWithResolvers<void> | undefined;
  let decide: Parameters<SmtpHandle['refuse']>[0];
  /** Open connections by the client's port; of these, the ones that are served. */
  const sockets = new Map<number, Socket>();
  const served = new Set<number>();
  let most = 0;
  let total = 0;
  let turnedAway = 0;
  const release = () => {
    held?.resolve();
    held = undefined;
  };

  const take = async (email: Email, session: SMTPServerSession): Promise<Refusal | undefined> => {
    const attempt = (attempts.get(email.messageId) ?? 0) + 1;
    attempts.set(email.messageId, attempt);
    offered.push(email);
    const refusal = decide?.(email, attempt);
    await held?.promise;
    if (latencyMs > 0) await delay(latencyMs, undefined, { ref: false });
    if (refusal) refused.push({ email, refusal });
    // Who hung up meanwhile has heard no answer, and will send it again: then it was not taken.
    else if (sockets.has(session.remotePort)) accepted.push(email);
    return refusal;
  };
  const server: SMTPServer = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    logger: false,
    onConnect({ remotePort }, callback) {
      if (served.size >= mostConnections) {
        turnedAway++;
        callback(Object.assign(new Error('too many connections'), { responseCode: 421 }));
        return;
      }
      served.add(remotePort);
      total++;
      most = Math.max(most, served.size);
      callback();
    },
    onData(stream: SMTPServerDataStream, session, callback) {
      emailOf(stream, session)
        .then(async (email) => {
          const refusal = await take(email, session);
          if (refusal === 'drop') {
            sockets.get(session.remotePort)?.destroy();
            return;
          }
          if (refusal) callback(Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
          else callback();
        })
        .catch(callback);
    },
  });
  server.on('error', () => {}); // A client that breaks off is no fault of the server.
  server.server.on('connection', (socket) => {
    const port = socket.remotePort ?? 0;
    sockets.set(port, socket);
    socket.on('close', () => {
      sockets.delete(port);
      served.delete(port);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  const reset = () => {
    accepted.length = 0;
    offered.length = 0;
    refused.length = 0;
    attempts.clear();
    most = served.size;
    total = 0;
    turnedAway = 0;
  };
  return {
    url,
    env: { SMTP_URL: url },
    label: `${mostConnections} connections at most`,
    accepted,
    offered,
    refused,
    connections: () => ({ now: served.size, most, total, turnedAway }),
    hold() {
      held ??= Promise.withResolvers();
    },
    release,
    setLatency(ms) {
      latencyMs = ms;
    },
    refuse(given) {
      decide = given;
    },
    reset,
    async restore() {
      latencyMs = 0;
      decide = undefined;
      release();
    },
    alive: async () => server.server.listening,
    close: () =>
      new Promise((resolve) => {
        release();
        for (const socket of sockets.values()) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
