import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { reserve } from '../../os/ports.ts';
import { type Email, emailOf } from './email.ts';
import type { Refusal, SmtpHandle } from './handle.ts';
import { listenSomewhere } from './listen.ts';
import { errorOf } from './reply.ts';

/** How many connections clients may keep, as many relays allow. */
const usualConnections = 5;

/** Starts a real SMTP server on 127.0.0.1 that delivers nothing and keeps what comes. */
export async function startSmtp(): Promise<SmtpHandle> {
  const accepted: Email[] = [];
  const offered: Email[] = [];
  const abandoned: Email[] = [];
  const refused: { email: Email; refusal: Refusal }[] = [];
  const refusedRecipients: SmtpHandle['refusedRecipients'][number][] = [];
  const refusedSenders: SmtpHandle['refusedSenders'][number][] = [];
  const attempts = new Map<string, number>();
  const attemptsAtRecipients = new Map<string, number>();
  let mostConnections = usualConnections;
  let latencyMs = 0;
  let held: (PromiseWithResolvers<void> & { only?: ((email: Email) => boolean) | undefined }) | undefined;
  let decide: Parameters<SmtpHandle['refuse']>[0];
  let decideBeside: Parameters<SmtpHandle['refuseBeside']>[0];
  let decideRecipients: Parameters<SmtpHandle['refuseRecipients']>[0];
  let toSenders: Parameters<SmtpHandle['refuseSenders']>[0];
  /** Open connections by the client's port; of these, the ones that are served. */
  const sockets = new Map<number, Socket>();
  const served = new Set<number>();
  /** E-mails that wait for their answer, by the same. */
  const unanswered = new Map<number, Email>();
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
    unanswered.set(session.remotePort, email);
    const refusal = decideBeside?.(email) ?? decide?.(email, attempt);
    if (held && (!held.only || held.only(email))) await held.promise;
    if (latencyMs > 0) await delay(latencyMs, undefined, { ref: false });
    unanswered.delete(session.remotePort);
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
    onMailFrom({ address }, _session, callback) {
      if (!toSenders) return callback();
      refusedSenders.push({ address, refusal: toSenders, atMs: performance.now() });
      callback(errorOf(toSenders));
    },
    onRcptTo({ address }, _session, callback) {
      const attempt = (attemptsAtRecipients.get(address) ?? 0) + 1;
      attemptsAtRecipients.set(address, attempt);
      const refusal = decideRecipients?.(address, attempt);
      if (!refusal) return callback();
      refusedRecipients.push({ address, refusal, atMs: performance.now() });
      callback(errorOf(refusal));
    },
    onData(stream: SMTPServerDataStream, session, callback) {
      emailOf(stream, session)
        .then(async (email) => {
          const refusal = await take(email, session);
          if (refusal === 'drop') {
            sockets.get(session.remotePort)?.destroy();
            return;
          }
          if (refusal) callback(errorOf(refusal));
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
      const email = unanswered.get(port);
      if (email) abandoned.push(email);
      unanswered.delete(port);
      sockets.delete(port);
      served.delete(port);
    });
  });
  const port = await listenSomewhere(server.server);
  const url = `smtp://127.0.0.1:${port}`;
  let givePortBack: (() => void) | undefined;
  const reset = () => {
    accepted.length = 0;
    offered.length = 0;
    abandoned.length = 0;
    refused.length = 0;
    refusedRecipients.length = 0;
    refusedSenders.length = 0;
    attempts.clear();
    attemptsAtRecipients.clear();
    most = served.size;
    total = 0;
    turnedAway = 0;
  };
  return {
    url,
    env: { SMTP_URL: url },
    label: `${usualConnections} connections at most`,
    accepted,
    offered,
    abandoned,
    refused,
    refusedRecipients,
    refusedSenders,
    connections: () => ({ now: served.size, most, total, turnedAway }),
    hold(only) {
      held ??= { ...Promise.withResolvers<void>(), only };
    },
    release,
    allow(connections) {
      mostConnections = connections;
    },
    setLatency(ms) {
      latencyMs = ms;
    },
    refuse(given) {
      decide = given;
    },
    refuseBeside(given) {
      decideBeside = given;
    },
    refuseRecipients(given) {
      decideRecipients = given;
    },
    refuseSenders(given) {
      toSenders = given;
    },
    async cut() {
      if (!server.server.listening) return;
      givePortBack = await reserve(port);
      const closed = once(server.server, 'close');
      server.server.close();
      for (const socket of sockets.values()) socket.destroy();
      await closed;
    },
    reset,
    async restore() {
      mostConnections = usualConnections;
      latencyMs = 0;
      decide = undefined;
      decideRecipients = undefined;
      toSenders = undefined;
      release();
      if (server.server.listening) return;
      server.server.listen(port, '127.0.0.1');
      await once(server.server, 'listening');
      givePortBack?.();
      givePortBack = undefined;
    },
    alive: async () => server.server.listening,
    close: () =>
      new Promise((resolve) => {
        release();
        givePortBack?.();
        for (const socket of sockets.values()) socket.destroy();
        if (server.server.listening) server.close(() => resolve());
        else resolve();
      }),
  };
}
