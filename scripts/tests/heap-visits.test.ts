import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { Asker } from '../../checks/harness/load/asker.ts';
import { filledIn, pick, readFlow } from '../../checks/harness/load/flow.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import { readLessons } from '../learner/lesson-list.ts';
import { multipleOf } from '../running/heap-run.ts';
import { visitsOf } from '../running/heap-visits.ts';

const flowOf = (folder: string) => readFlow(join(repoDir, 'checks', folder, 'load.yml'));

/** Answers everybody, and remembers what was asked. */
async function listening(answer: (url: string) => object = () => ({})) {
  const asked: string[] = [];
  const server = createServer(async (req, res) => {
    const body = await text(req).catch(() => '');
    asked.push(`${req.method} ${req.url} ${body} ${req.headers.cookie ?? ''}`.trim());
    res.setHeader('set-cookie', 'session=7; Path=/').end(JSON.stringify(answer(req.url ?? '')));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const end = () => {
    server.close();
    server.closeAllConnections();
  };
  return { asked, url, [Symbol.dispose]: end };
}

describe('the requests of a lesson', () => {
  it('are found in the load.yml of every lesson, each with all its variables', async () => {
    for (const { folder } of await readLessons()) {
      const { steps, variables } = await flowOf(folder);
      expect(steps.length, folder).toBeGreaterThan(0);
      const captured = Object.fromEntries(
        steps.flatMap(({ capture }) => Object.keys(capture ?? {})).map((as) => [as, '1']),
      );
      for (const step of steps) {
        const given = { ...variables, ...captured, ...(step.over.length > 0 ? { $loopElement: step.over[0] } : {}) };
        const { url, json, headers } = filledIn(step, given);
        expect(JSON.stringify({ url, json, headers }), folder).not.toMatch(/\{\{|undefined|=&|=$/);
      }
    }
  });

  it('are repeated by themselves, by clients that hang up, and of what does not exist', async () => {
    const more = [{ name: 'a refused order', steps: [{ url: '/orders' }] }];
    expect(visitsOf(await flowOf('04-memory-cache'), more).map(({ name }) => name)).toEqual([
      'GET /events',
      'GET /events/:id',
      'PUT /events/:id',
      'a refused order',
      'GET /events, the client hangs up',
      'GET /events/:id, the client hangs up',
      'PUT /events/:id, the client hangs up',
      'GET /events/:id of nothing',
      'PUT /events/:id of nothing',
      'PUT /events/:id with {}',
      'PUT /events/:id with half a JSON',
      'GET a page that does not exist',
    ]);
  });

  it('are asked with cookies, with elements of loops in turn, and with what an earlier answer said', async () => {
    using app = await listening(() => ({ order: { id: 'a1' } }));
    using asker = new Asker(app.url, {});
    const flow = {
      variables: {},
      steps: [{ name: 'GET /', url: '/{{ $loopElement }}', over: ['berlin', 'oslo'] }],
    };
    const visit = {
      name: 'an order',
      steps: [
        { method: 'POST', url: '/orders', json: { seat: '{{ n }}' }, capture: { id: '$.order.id' } },
        { url: '/orders/{{ id }}' },
      ],
    };
    const [get, order] = visitsOf(flow, [visit]);
    for (const n of [0, 1]) expect(await get?.act(asker, n)).toBe('200');
    await order?.act(asker, 5);
    expect(app.asked).toEqual([
      'GET /berlin',
      'GET /oslo  session=7',
      'POST /orders {"seat":"5"} session=7',
      'GET /orders/a1  session=7',
    ]);
  });

  it('of lesson 16 upload what is no image, as the script of its incident does', async () => {
    using app = await listening();
    using asker = new Asker(app.url, {});
    const { folder, heap } = (await readLessons()).find(({ number }) => number === 16) ?? expect.fail('no lesson 16');
    const upload = visitsOf(await flowOf(folder), heap).find(({ name }) => name === 'PUT /events/:id/poster, no image');
    await upload?.act(asker, 0);
    expect(app.asked).toEqual([expect.stringMatching(/^PUT \/events\/3\/poster \w{8000}/)]);
  });

  it('can be left once they are sent, and once the answer has begun', async () => {
    using app = await listening();
    using asker = new Asker(app.url, {});
    expect(await asker.ask({ url: '/a', leaves: 'before the answer' })).toBe('left');
    expect(await asker.ask({ url: '/b', leaves: 'in the answer' })).toBe('200, left');
    await expect.poll(() => app.asked).toEqual(['GET /a', 'GET /b']);
  });

  it('find a value in an answer, or none', () => {
    expect(pick('{"a":{"b":[1,{"c":2}]}}', '$.a.b[1].c')).toBe(2);
    expect(pick('{"a":null}', '$.a.b')).toBeUndefined();
    expect(pick('no JSON', '$.a')).toBeUndefined();
  });
});

describe('a count of objects', () => {
  it.each([
    [1_000, 1_000, 1],
    [1_960, 1_000, 2],
    [960, 1_000, 1],
    [126, 100, undefined],
    [281, 500, undefined],
    [3, 1_000, undefined],
  ])('%i for %i requests is a multiple: %s', (count, sent, multiple) => {
    expect(multipleOf(count, sent)).toBe(multiple);
  });
});
