import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { freePort } from '../../harness/os/ports.ts';
import { handleOf } from '../../harness/services/redis/handle.ts';
import { startRedis } from '../../harness/services/redis/index.ts';
import { fakeRun, privateServer, realBinary } from './fake-run.ts';

it('a rediss:// address is checked, used encrypted, and given to the app as plain text on 127.0.0.1', async (context) => {
  await using run = fakeRun();
  const [key, certificate] = [join(run.dir, 'key.pem'), join(run.dir, 'cert.pem')];
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const args = [...request.split(' '), '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate];
  if (spawnSync('openssl', args).status !== 0) context.skip('needs openssl for a certificate');
  await using server = await privateServer(run);
  const { port } = new URL(server.url);
  const encrypted = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (socket) => {
    const plain = connect({ port: Number(port), host: '127.0.0.1' });
    socket.pipe(plain).pipe(socket);
    for (const one of [socket, plain]) one.on('error', () => {});
  });
  await once(encrypted.listen(0, 'localhost'), 'listening');
  const url = `rediss://localhost:${(encrypted.address() as { port: number }).port}`;

  await expect(startRedis(run.options({ REDIS_URL: url }))).rejects.toThrow(
    /refuses the connection: self-signed certificate/,
  );

  setDefaultCACertificates([...getCACertificates(), readFileSync(certificate, 'utf8')]);
  const handle = await handleOf(await startRedis(run.options({ REDIS_URL: url })));
  expect(handle.appUrl).toMatch(/^redis:\/\/127\.0\.0\.1:\d+\/15$/);
  const app = new Redis(handle.appUrl);
  await app.set('from-the-app', '1');
  expect(await handle.keys()).toEqual(['from-the-app']);
  app.disconnect();
  await handle.close();
  encrypted.close();
});

it('a cluster is refused with the reason', async (context) => {
  await using run = fakeRun();
  const binary = await realBinary(context, run);
  const port = await freePort();
  const busPort = await freePort(); // Its own choice, 10,000 above the first, may be a client's.
  const args = `--port ${port} --bind 127.0.0.1 --cluster-enabled yes --cluster-port ${busPort} --dir`.split(' ');
  const child = spawn(binary.file, [...args, run.dir], { env: binary.env, stdio: 'ignore', detached: true });
  run.adopt(child);
  const options = run.options({ REDIS_URL: `redis://127.0.0.1:${port}` });
  const borrow = () => startRedis(options).catch((error: Error) => error.message);
  await expect
    .poll(borrow, { timeout: 5_000 })
    .toMatch(/lets us use no database besides 0, and that one is yours: .*cluster mode/);
  child.kill('SIGKILL');
  await once(child, 'exit');
});
