import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

/**
 * Below the ports that systems give out by themselves (Linux from 32768, macOS and Windows from 49152): a connection of any
 * program could otherwise take a port between our look and the app's listen.
 */
const [firstPort, lastPort] = [20_000, 32_000];
const mostTries = 100;

/** A TCP port on 127.0.0.1 that was free a moment ago, drawn so that two checks at the same time seldom meet. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < mostTries; tries++) {
    const port = randomInt(firstPort, lastPort);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port was found between ${firstPort} and ${lastPort}`);
}

/** Whether nothing listens on a port of 127.0.0.1, and no check has reserved it. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listens = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
  if (!listens) return false;
  const release = await reserve(port);
  release?.();
  return release !== undefined;
}

/**
 * Keeps a port for who listens there again later: meanwhile connections are refused, and no check on this machine draws it.
 * What holds it is the UDP port of that number, which nothing here uses.
 * @returns what gives it back, or undefined if it is reserved already.
 */
export async function reserve(port: number): Promise<(() => void) | undefined> {
  const socket = createSocket('udp4');
  const bound = await new Promise<boolean>((resolve) => {
    socket
      .once('error', () => resolve(false))
      .bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
  if (bound) socket.unref();
  else socket.close();
  return bound ? () => socket.close() : undefined;
}

/** Whether something accepts connections on a local port, over IPv4 or IPv6. */
export async function accepts(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
    socket.setTimeout(1_000, () => answer(false));
  });
}

/**
 * Where something listens on a port: over IPv4 if it can be had that way, else over IPv6, undefined if nowhere. An app sees
 * its visitors' address, and may trust a proxy on 127.0.0.1 only.
 */
export async function loopbackOf(port: number, look = accepts): Promise<string | undefined> {
  if (await look(port, '127.0.0.1')) return '127.0.0.1';
  if (!(await look(port, '::1'))) return undefined;
  // It may have begun to listen, on both, between the two looks.
  return (await look(port, '127.0.0.1')) ? '127.0.0.1' : '::1';
}
