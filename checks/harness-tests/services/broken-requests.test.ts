import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { ProbeServer } from '../../harness/measure/probe/probe-server.ts';
import { startBalancer } from '../../harness/net/balancer.ts';
import { startTcpProxy } from '../../harness/net/tcp-proxy.ts';
import { startCdn } from '../../harness/services/cdn/cdn.ts';
import { brokenRequests, sendBroken } from './broken-requests.ts';
import { json, withSupplier } from './supplier-fixture.ts';

// A service that runs in this process and throws is an unhandled error, for which Vitest fails the file.

it('sends more than a hundred', () => {
  expect(brokenRequests.length).toBeGreaterThan(100);
});

it('the supplier lives through broken requests, and none of them keeps a place', { timeout: 60_000 }, () =>
  withSupplier(
    async (supplier) => {
      await sendBroken(Number(new URL(supplier.url).port));
      expect(await supplier.alive()).toBe(true);
      const answers = await Promise.all(Array.from({ length: 4 }, () => json(`${supplier.url}/events/7`)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    },
    { latencyMs: 5, atOnce: 2 },
  ),
);

it('so does the way by which checks control it', { timeout: 60_000 }, () =>
  withSupplier(async (supplier) => {
    await sendBroken(supplier.controlPort);
    expect(await supplier.alive()).toBe(true);
    expect((await json(`${supplier.url}/events/7`)).status).toBe(200);
  }),
);

it('the balancer and the CDN live through broken requests', { timeout: 60_000 }, async () => {
  await using app = await serve((_, response) => response.end('ok'));
  await using balancer = await startBalancer([app]);
  await using cdn = await startCdn(balancer);
  for (const { port, url } of [balancer, cdn]) {
    await sendBroken(port);
    expect(await (await fetch(url)).text()).toBe('ok');
  }
});

it('a TCP proxy lives through broken requests', { timeout: 60_000 }, async () => {
  await using app = await serve((_, response) => response.end('ok'));
  const proxy = await startTcpProxy({ target: app });
  await sendBroken(proxy.port);
  expect(await (await fetch(`http://127.0.0.1:${proxy.port}`)).text()).toBe('ok');
  await proxy.close();
});

it('the server of the probes lives through broken requests', { timeout: 60_000 }, async () => {
  await using probes = await ProbeServer.start();
  const port = Number(probes.env('app1').ENCORE_PROBE?.split('/')[0]);
  await sendBroken(port);
  await expect(probes.probeOf('app1', process.pid).read()).rejects.toThrow('did not load');
});

const answers = [
  ['nothing', ''],
  ['half a status line', 'HTTP/1.1 20'],
  ['garbage', '\0\x01 no http\r\n\r\n'],
  ['half of its headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
  ['half of a body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc'],
  ['a status that does not exist', 'HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 1000 Odd\r\ncontent-length: 0\r\n\r\n'],
  ['a status line in another script', 'HTTP/1.1 200 \u00fc\u0001\r\ncontent-length: 0\r\n\r\n'],
  ['only an early hint', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
  ['an upgrade that nobody wanted', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nabc'],
  ['100 kB of headers', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`],
  ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc'],
  ['no length with a 304', 'HTTP/1.1 304 Not Modified\r\netag: "\r\n\r\nabc'],
  ['an age and a control of no kind', 'HTTP/1.1 200 OK\r\nage: x\r\ncache-control: ,=,max-age=\r\nvary: ,\r\n\r\nabc'],
] as const;

it.each(answers)('the balancer and the CDN live through an app that answers %s', async (_, says) => {
  for (const leaves of ['end', 'reset'] as const) {
    await using app = await answering(says, leaves);
    await using balancer = await startBalancer([app]);
    await using cdn = await startCdn(balancer);
    for (const { url } of [balancer, cdn]) {
      for (const method of ['GET', 'PUT', 'HEAD'])
        await fetch(`${url}/events/7`, { method, signal: AbortSignal.timeout(3_000) })
          .then((answer) => answer.text())
          .catch(() => {});
    }
    balancer.setTargets([await serve((__, response) => response.end('ok'))]);
    for (const { url } of [balancer, cdn]) expect(await (await fetch(`${url}/other`)).text()).toBe('ok');
  }
});

/** An app that sends the same bytes to everybody, and then leaves. */
async function answering(bytes: string, leaves: 'end' | 'reset') {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', () =>
      socket.write(Buffer.from(bytes, 'latin1'), () => (leaves === 'end' ? socket.end() : socket.resetAndDestroy())),
    );
  });
  return listening(server);
}

function serve(answer: Parameters<typeof createHttpServer>[1]) {
  return listening(createHttpServer(answer as Parameters<typeof createHttpServer>[0]));
}

async function listening(server: ReturnType<typeof createServer>) {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
