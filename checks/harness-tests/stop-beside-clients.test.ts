import { describe, expect, it } from 'vitest';
import { startApp } from '../harness/app/start-app.ts';
import { stopBesideClients } from '../harness/app/stop-beside-clients.ts';
import { appsDir } from './check-fixture.ts';
import { fakeRun } from './services/fake-run.ts';

const half = 'GET / HTTP/1.1\r\nHost: shop\r\n';
const withoutBody = 'PUT /price HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\n';

describe.skipIf(process.platform === 'win32')('an app that is told to end beside clients', () => {
  const stop = async (name: string, sent: string[]) => {
    await using run = fakeRun();
    await using app = await startApp({ run, dir: appsDir + name, env: {}, name: 'instance 1' });
    return await stopBesideClients(app, { withinMs: 100, sent }); // The app is to live until then.
  };

  it('ends as it would without them', async () => {
    expect(await stop('right', ['', half, withoutBody])).toBeUndefined();
  });
  it('is told that it waits for them, if it ends once they have gone', async () => {
    const failure = await stop('waits-for-clients', ['', half, withoutBody]);
    expect(failure?.because).toContain('The app waits for clients');
    expect(failure?.trail[0]?.what).toBe(
      'clients keep connections: nothing is sent on one of them; of “GET /” half of its head; of “PUT /price” its head, and no body',
    );
  });
  it('is told so, too, if it waits until they are quiet', async () => {
    expect((await stop('waits-for-silence', ['', half]))?.because).toContain('The app waits for clients');
    expect(await stop('waits-for-silence', ['', withoutBody])).toBeUndefined();
  });
  it('is not, if it ends when all requests are whole', async () => {
    expect(await stop('waits-for-clients', [])).toBeUndefined();
  });
  it('is told that it ignores SIGTERM, if it stays when they have gone', async () => {
    expect((await stop('ignores-sigterm', ['']))?.seen).toBe('it still ran, and was ended with SIGKILL');
  });
});
