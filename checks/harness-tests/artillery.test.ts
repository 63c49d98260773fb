import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runArtillery } from '../harness/load/artillery.ts';
import { readAnswers } from '../harness/load/report.ts';
import { freePort } from '../harness/os/ports.ts';
import { openRun, type Run } from '../harness/os/run.ts';
import { closeRun } from '../harness/os/run-end.ts';

const script = fileURLToPath(new URL('./fixture/load.yml', import.meta.url));

describe('Artillery without its cloud clients', { timeout: 40_000 }, () => {
  let run: Run;
  beforeAll(async () => {
    run = await openRun();
  });
  afterAll(() => closeRun(run.dir));

  it('runs a load against a server on this machine, with the phases that it is given', async () => {
    const server = createServer((_request, response) => response.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const report = await runArtillery({
      run,
      script,
      target: `http://127.0.0.1:${port}`,
      phases: [{ duration: 1, arrivalRate: 3 }],
    });
    server.close();
    expect(readAnswers(report)).toMatchObject({ requests: 6, excusable: false });
    expect(readAnswers(report).failure).toBeUndefined();
  });

  it('fails as it must when nobody listens, although Artillery exits with 0', async () => {
    const report = await runArtillery({
      run,
      script,
      target: `http://127.0.0.1:${await freePort()}`,
      phases: [{ duration: 1, arrivalRate: 3 }],
    });
    expect(readAnswers(report).failure?.seen).toMatch(/ECONNREFUSED/);
  });
});
