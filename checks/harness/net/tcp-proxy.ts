import { once } from 'node:events';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isFree, reserve } from '../os/ports.ts';
import { Lane, type LaneSettings } from './tcp-lane.ts';

/** Where a proxy passes connections on to. With `tls` the proxy does the encryption; its own side is plain. */
export interface TcpTarget {
  host: string;
  port: number;
  tls?: boolean;
}

/** A door on 127.0.0.1 between an app and a service, which a check can shut, hold or slow down. */
export interface TcpProxy {
  /** The same for the proxy's whole life, also after `cut` and `restore`. */
  readonly port: number;
  /** How many connections are open through it now. */
  readonly connections: number;
  /** How many have been opened since it began, those that have ended included. */
  readonly connectionsSoFar: number;
  /** What the service has answered and the app has not been given yet, in bytes. */
  readonly heldBytes: number;
  /** Added to every chunk in each direction; the order stays. Setting it holds for what arrives from then on. */
  delayMs: number;
  /** The service is gone: open connections break, new ones are refused. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** The service hangs: connections are accepted and nothing passes. */
  pause(): void;
  /** What the app sends arrives, and what the service answers is held back. */
  holdReplies(): void;
  /** After `holdReplies`: the oldest piece that is held back passes, on each connection. Usually that is one reply. */
  passReply(): void;
  /** After `holdReplies`: one of the connections on which something is held back is free from now on. False if there is none. */
  freeOne(): boolean;
  /** After `pause` or `holdReplies`. */
  resume(): void;
  close(): Promise<void>;
}

interface Link {
  client: Socket;
  target: Socket;
  lanes: [Lane, Lane];
}

/** Starts a proxy in this process. `onConnection` may listen to both ends, for what a service wants to count. */
export async function startTcpProxy({
  target,
  onConnection,
}: {
  target: TcpTarget;
  onConnection?: (client: Socket, upstream: Socket) => void;
}): Promise<TcpProxy> {
  const there: LaneSettings = { delayMs: 0, paused: false };
  const back: LaneSettings = { delayMs: 0, paused: false };
  const links = new Set<Link>();
  let server: Server | undefined = await listenBelowEphemeral();
  let release: (() => void) | undefined;
  let accepted = 0;
  server.on('connection', accept);
  const { port } = server.address() as { port: number };

  function accept(client: Socket): void {
    accepted++;
    const upstream = connectTo(target);
    const link: Link = {
      client,
      target: upstream,
      lanes: [new Lane(client, upstream, there), new Lane(upstream, client, back)],
    };
    links.add(link);
    onConnection?.(client, upstream);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => sever(link)); // A refused or reset upstream looks the same to the app.
      socket.on('close', () => {
        if (client.destroyed && upstream.destroyed) sever(link);
      });
    }
  }

  function sever(link: Link): void {
    for (const lane of link.lanes) lane.destroy();
    link.client.destroy();
    link.target.destroy();
    links.delete(link);
  }

  function pumpAll(): void {
    for (const link of links) for (const lane of link.lanes) lane.pump();
  }

  async function close(): Promise<void> {
    release?.();
    release = undefined;
    if (!server) return;
    const closed = once(server.close(), 'close');
    server = undefined;
    for (const link of links) sever(link);
    await closed;
  }

  return {
    port,
    get connections() {
      return links.size;
    },
    get connectionsSoFar() {
      return accepted;
    },
    get heldBytes() {
      return [...links].reduce((bytes, { lanes }) => bytes + lanes[1].queuedBytes, 0);
    },
    get delayMs() {
      return there.delayMs;
    },
    set delayMs(delayMs) {
      there.delayMs = delayMs;
      back.delayMs = delayMs;
    },
    async cut() {
      if (!server) return;
      const reserving = reserve(port);
      await close();
      release = await reserving;
    },
    async restore() {
      if (server) return;
      server = await listen(port);
      release?.();
      release = undefined;
      server.on('connection', accept);
    },
    pause() {
      there.paused = true;
      back.paused = true;
    },
    holdReplies() {
      back.paused = true;
    },
    passReply() {
      for (const link of links) link.lanes[1].passOne();
    },
    freeOne() {
      const held = [...links].find(({ lanes }) => lanes[1].queuedBytes > 0);
      if (held) held.lanes[1].free = true;
      return held !== undefined;
    },
    resume() {
      there.paused = false;
      back.paused = false;
      for (const link of links) link.lanes[1].free = false;
      pumpAll();
    },
    close,
  };
}

function connectTo({ host, port, tls }: TcpTarget): Socket {
  // Half-open: an end of stream waits its turn behind delayed data instead of closing the connection at once.
  if (!tls) return connect({ host, port, allowHalfOpen: true });
  // An address is no server name; the certificate is checked against it all the same.
  const options = { host, port, allowHalfOpen: true, ...(isIP(host) ? {} : { servername: host }) };
  return connectTls(options);
}

/**
 * A port below those that systems hand out by themselves (from 32768 on Linux, 49152 elsewhere). While the proxy is cut
 * nobody else is given it, and an app that keeps dialling it can't be connected to itself by chance.
 */
async function listenBelowEphemeral(): Promise<Server> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!(await isFree(port))) continue;
    try {
      return await listen(port);
    } catch (error) {
      if (!['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  throw new Error('no free port between 20000 and 32000');
}

async function listen(port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
