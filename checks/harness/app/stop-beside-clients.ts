import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { StopBesideClients } from '../model/lesson.ts';
import type { Failure } from '../model/verdict.ts';
import { plainRequest } from '../net/plain-request.ts';
import type { AppProcess } from './app-process.ts';
import { waitedForClients } from './failures.ts';

/** What a busy machine may add to the time that the contract names. */
const busyMs = 2_000;
const connectWithinMs = 2_000;
/** A client on a bad line: a byte of its head at a time. An app that waits until such a one is quiet waits for ever. */
const dripMs = 500;

/** Tells an app to end while clients keep connections on which no request is whole. Where half of a head was sent, it goes on, slowly. */
export async function stopBesideClients(app: AppProcess, stop: StopBesideClients): Promise<Failure | undefined> {
  const { withinMs, sent } = stop;
  const sockets = await Promise.all(sent.map((part) => connection(app, part)));
  // Connections are accepted in their order: once this one is answered, the app has the others.
  await plainRequest(`${app.url}/`, { withinMs: connectWithinMs }).catch(() => {});
  const slow = sockets.filter((_, n) => sent[n] && !sent[n].includes('\r\n\r\n'));
  const drip = setInterval(() => {
    for (const socket of slow) if (socket.writable) socket.write('x');
  }, dripMs);
  const hangUp = () => {
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
  };
  try {
    return await app.stop({
      deadlineMs: withinMs + busyMs,
      late: { hangUp, failure: () => waitedForClients(app, stop) },
    });
  } finally {
    hangUp();
  }
}

/** Whatever becomes of it is no matter here: whether the app ends is asked. */
async function connection(app: AppProcess, part: string): Promise<Socket> {
  const socket = connect(app.port, app.host);
  socket.on('error', () => {});
  const connected = once(socket, 'connect', { signal: AbortSignal.timeout(connectWithinMs) });
  await connected.then(() => socket.write(part)).catch(() => {});
  return socket;
}
