import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Trail } from '../harness/model/trail.ts';
import { BehaviourFailure } from '../harness/model/verdict.ts';
import type { Patience } from '../harness/net/patience.ts';
import { Visitor } from '../harness/net/visitor.ts';

let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/never') return;
    if (request.url === '/half') {
      response.setHeader('content-type', 'application/json');
      return response.end('{"cookie":');
    }
    if (request.url === '/cookies') {
      response.setHeader('set-cookie', ['id=a%20b; Secure; HttpOnly', 'theme=dark', 'old=1; Max-Age=0']);
    }
    if (request.url?.includes('/target')) return response.end(JSON.stringify(request.url));
    response.end(JSON.stringify({ cookie: request.headers.cookie ?? '' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function visitor(trail = new Trail(), patience?: Patience): Visitor {
  const scene = { trail, teaching: { because: 'Because.', lookAt: 'here' }, crash: () => undefined };
  const cookies = new Map([['old', '0']]);
  return new Visitor({ url, scene, severalInstances: true, cookies, ...(patience && { patience }) });
}

describe('a visitor', () => {
  it('keeps cookies as they are, also Secure ones, and forgets those that have ended', async () => {
    const ada = visitor();
    await ada.get('/cookies');
    expect((await ada.get('/')).json).toEqual({ cookie: 'id=a%20b; theme=dark' });
  });

  it('writes what it does into the trail', async () => {
    const trail = new Trail();
    await visitor(trail).post('/cookies', {}, { on: 2 });
    expect(trail.steps).toEqual([{ what: 'POST /cookies on instance 2', answer: '200, set-cookie id, theme, old' }]);
  });

  it('writes the beginning of an address that fills a page', async () => {
    const trail = new Trail();
    await visitor(trail).get(`/cookies?name=${'x'.repeat(1_000)}`);
    expect(trail.last?.what).toBe(`GET /cookies?name=${'x'.repeat(86)}… (1014 characters)`);
  });

  it('sends a target in absolute form as it is', async () => {
    for (const target of ['http://encore.example/target', 'HTTP://ENCORE.EXAMPLE/target/?a=%62', '/target/%74'])
      expect((await visitor().post(target, { some: 'body' })).json).toBe(target);
  });

  it('takes an answer that says it is JSON, and is not, for an answer', async () => {
    expect(await visitor().get('/half')).toMatchObject({ status: 200, text: '{"cookie":', json: undefined });
  });

  it('calls an answer that does not come in time a hang', async () => {
    const error = await visitor()
      .get('/never', { deadlineMs: 100 })
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(BehaviourFailure);
    expect(error.failure).toMatchObject({ kind: 'hangs', seen: 'none within 0.1 s', because: 'Because.' });
  });

  it('has three times as much patience on a machine that others keep busy, and no more', async () => {
    const seenBy = async (isBusy: boolean) => {
      const patience = { limitMs: 100, watchMachine: () => () => isBusy };
      const error = await visitor(new Trail(), patience)
        .get('/never')
        .catch((thrown) => thrown);
      return error.failure.seen;
    };
    expect(await seenBy(false)).toBe('none within 0.1 s');
    expect(await seenBy(true)).toBe('none within 0.3 s');
  });

  it('says of that what it was told to say', async () => {
    const error = await visitor()
      .get('/never', { deadlineMs: 100, unanswered: { because: 'Nobody answers.' } })
      .catch((thrown) => thrown);
    expect(error.failure).toMatchObject({ because: 'Nobody answers.', lookAt: 'here' });
  });

  it('leaves when it is told to, and nothing else goes wrong with that', async () => {
    // Vitest fails the run for an error that nobody handles, such as a rejection that an event target throws again.
    const leave = new AbortController();
    const request = visitor().get('/never', { signal: leave.signal });
    setImmediate(() => leave.abort(new Error('gone')));
    await expect(request).rejects.toThrow('gone');
    await new Promise((resolve) => setImmediate(resolve));
  });
});
