import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { cacheDir } from '../../harness/os/run.ts';
import { type NginxHandle, openNginx } from '../../harness/services/nginx/handle.ts';
import { explainNginx } from '../../harness/services/nginx/index.ts';
import fixture from '../fixture/lesson.ts';
import type { FakeRun } from './fake-run.ts';

/** A configuration that keeps connections. `more` stands in its server. */
export const configWith = (more = '') => `events {}
http {
  include machine.conf;
  upstream app {
    include upstreams.conf;
    keepalive 4;
  }
  server {
    include listen.conf;
    location / {
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass http://app;
    }
    ${more}
  }
}
`;

/** Opens the service with this nginx.conf, or skips the test where no nginx can be had. */
export async function openWith(
  context: TestContext,
  run: FakeRun,
  config: string,
): Promise<NginxHandle & AsyncDisposable> {
  const options = { ...run.options(), cacheDir };
  if (!(await explainNginx(options)).some(({ ok }) => ok)) context.skip('no nginx can be had on this machine');
  const subjectDir = join(run.dir, 'app');
  mkdirSync(join(subjectDir, 'static'), { recursive: true });
  writeFileSync(join(subjectDir, 'nginx.conf'), config);
  writeFileSync(join(subjectDir, 'static', 'hello.txt'), 'hello\n');
  const nginx = await openNginx({ ...options, lesson: { ...fixture, instances: 2 }, subjectDir });
  return Object.assign(nginx, { [Symbol.asyncDispose]: () => nginx.close() });
}

/** Two instances that say their number, the method and the body. */
export async function twoInstances(): Promise<AsyncDisposable & { targets: { host: string; port: number }[] }> {
  const servers: Server[] = [];
  for (const number of [1, 2]) {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.end(`${number} ${request.method} ${Buffer.concat(chunks).length}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
  }
  return {
    targets: servers.map((server) => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })),
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close().closeAllConnections();
    },
  };
}
