import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../../harness/net/tcp-proxy.ts';
import { isFree } from '../../harness/os/ports.ts';

/** Answers every byte with the same byte and counts what has come in. */
let echo: Server;
let echoed = 0;
let proxy: TcpProxy;

beforeEach(async () => {
  echoed = 0;
  echo = createServer((socket) => {
    socket.on('data', (chunk) => {
      echoed += chunk.length;
      socket.write(chunk);
    });
    socket.on('error', () => {});
  });
  await once(echo.listen(0, '127.0.0.1'), 'listening');
  proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: portOf(echo) } });
});

afterEach(async () => {
  await proxy.close();
  echo.close();
});

describe('the TCP proxy', () => {
  it('passes both directions unchanged, also 5 MB at once', async () => {
    const sent = Buffer.alloc(5 * 1024 * 1024, 'encore');
    const socket = await dial(proxy.port);
    const answer = read(socket, sent.length);
    socket.write(sent);
    expect((await answer).equals(sent)).toBe(true);
    socket.destroy();
  });

  it('passes on the end of a stream after the data before it', async () => {
    proxy.delayMs = 20;
    const socket = await dial(proxy.port);
    const answer = read(socket, 5);
    socket.end('hello');
    expect((await answer).toString()).toBe('hello');
    await once(socket, 'close');
    await until(() => proxy.connections === 0);
  });

  it('counts the open connections', async () => {
    const sockets = await Promise.all([dial(proxy.port), dial(proxy.port)]);
    await until(() => proxy.connections === 2);
    sockets[0]?.destroy();
    await until(() => proxy.connections === 1);
    sockets[1]?.destroy();
    expect(proxy.connectionsSoFar).toBe(2);
  });

  it('breaks open connections and refuses new ones when cut', async () => {
    const socket = await dial(proxy.port);
    await say(socket, 'before');
    const closed = once(socket, 'close');
    await proxy.cut();
    await closed;
    await expect(dial(proxy.port)).rejects.toThrow('ECONNREFUSED');
  });

  it('serves on the same port after it is restored', async () => {
    const { port } = proxy;
    await proxy.cut();
    await proxy.cut();
    await proxy.restore();
    await proxy.restore();
    expect(proxy.port).toBe(port);
    const socket = await dial(port);
    expect(await say(socket, 'again')).toBe('again');
    socket.destroy();
  });

  it('has a port that the system hands to nobody while it is cut', () => {
    expect(proxy.port).toBeGreaterThanOrEqual(20_000);
    expect(proxy.port).toBeLessThan(32_768);
  });

  it('keeps its port from other checks while it is cut, and gives it back', async () => {
    const { port } = proxy;
    await proxy.cut();
    expect(await isFree(port)).toBe(false);
    await proxy.restore();
    expect(await isFree(port)).toBe(false);
    await proxy.cut();
    await proxy.close();
    expect(await isFree(port)).toBe(true);
  });

  it('delays each way and keeps the order', async () => {
    const socket = await dial(proxy.port);
    await say(socket, 'warm');
    proxy.delayMs = 30;
    const start = performance.now();
    const answer = read(socket, 6);
    socket.write('abc');
    setTimeout(() => {
      proxy.delayMs = 0; // Must not overtake what is under way.
      socket.write('def');
    }, 10);
    expect((await answer).toString()).toBe('abcdef');
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
    proxy.delayMs = 30;
    const again = performance.now();
    await say(socket, 'x');
    expect(performance.now() - again).toBeGreaterThanOrEqual(59);
    socket.destroy();
  });

  it('accepts connections while paused, passes nothing, and passes all of it when resumed', async () => {
    proxy.pause();
    const socket = await dial(proxy.port);
    const answer = read(socket, 4);
    socket.write('held');
    // Ten round trips past the proxy: enough for a leak to show.
    const direct = await dial(portOf(echo));
    for (let trip = 0; trip < 10; trip++) await say(direct, 'd');
    expect(echoed).toBe(10);
    proxy.resume();
    expect((await answer).toString()).toBe('held');
    socket.destroy();
    direct.destroy();
  });

  it('closes a connection when nothing listens behind it', async () => {
    echo.close();
    await once(echo, 'close');
    const socket = await dial(proxy.port);
    await once(socket, 'close');
    await until(() => proxy.connections === 0);
  });

  it('closes a connection when the service behind it dies', async () => {
    const socket = await dial(proxy.port);
    await say(socket, 'first'); // Its connection has arrived, so the next one is the second's.
    const accepted = once(echo, 'connection');
    const second = await dial(proxy.port);
    const [upstream] = (await accepted) as [Socket];
    const closed = once(second, 'close');
    upstream.resetAndDestroy();
    await closed;
    expect(await say(socket, 'still here')).toBe('still here');
    socket.destroy();
  });
});

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

function read(socket: Socket, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      total += chunk.length;
      if (total < bytes) return;
      socket.off('data', take);
      resolve(Buffer.concat(chunks));
    };
    socket.on('data', take);
    socket.once('close', () => reject(new Error(`closed after ${total} of ${bytes} bytes`)));
  });
}

async function say(socket: Socket, text: string): Promise<string> {
  const answer = read(socket, text.length);
  socket.write(text);
  return (await answer).toString();
}

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { interval: 5, timeout: 2_000 }).toBe(true);
}
