import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runArtillery, WaitingArtillery } from '../harness/load/artillery.ts';
import { readAnswers } from '../harness/load/report.ts';
import { freePort } from '../harness/os/ports.ts';
import { openRun, type Run } from '../harness/os/run.ts';
import { closeRun, processesToEnd } from '../harness/os/run-end.ts';

const script = fileURLToPath(new URL('./fixture/load.yml', import.meta.url));

// JavaScript, because Artillery's own process imports it.
const trim = new URL('../harness/load/artillery-trim/without-waits.js', import.meta.url).href;
const { waits, withoutWaits } = await import(trim);

describe('the waits at the end of Artillery', () => {
  const folder = dirname(createRequire(import.meta.url).resolve('artillery/package.json'));
  it.each<{ file: string; from: string }>(waits)('are where we look for them: $file', ({ file, from }) => {
    const path = folder + file.replace('/artillery', '');
    const source = readFileSync(path, 'utf8');
    expect(source.split(from)).toHaveLength(2);
    expect(withoutWaits(`file://${path}`, Buffer.from(source))).toMatch(/\}, 50\);/);
  });
  it('are left alone in every other file', () => {
    expect(withoutWaits('file:///app/node_modules/artillery/dist/lib/util.js', '}, 1000);')).toBeUndefined();
    expect(withoutWaits(`file:///app/node_modules${waits[0]?.file}`, 'of another version')).toBeUndefined();
  });
});

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

  it('is ended when no load is wanted after all', async () => {
    const ofRun = () => processesToEnd(run.dir).pids;
    const waiting = new WaitingArtillery(run);
    while (ofRun().length === 0) await delay(20);
    await waiting.close();
    while (ofRun().length > 0) await delay(20);
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
