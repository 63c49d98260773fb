import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, mustBe, type Reply, seen } from './ask.ts';

/** What the starter can do already. */
export function routesBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'routes',
    'the routes answer as the README’s table says',
    {
      because: 'This request is as good as they come, and the answer is not the one in the table.',
      lookAt: 'which route answers this request, and does something in front of it answer first?',
    },
    async (t) => {
      const app = t.app();
      const must = (reply: Reply, status: number, expected: string, isRight: boolean) => {
        mustBe(t, reply, status);
        t.require(isRight, { expected: `${status}, ${expected}`, seen: seen(reply) });
      };
      const health = await ask(t, app, 'GET', '/health');
      must(health, 200, '{"status":"ok"}', health.json?.status === 'ok');

      t.trail.begin();
      const list = (await ask(t, app, 'GET', '/shows')).json;
      t.require(Array.isArray(list) && list.length === 240, {
        expected: 'a list of 240 shows',
        seen: `${list?.length}`,
      });
      for (const [city, of] of [
        ['Oslo', 'Oslo'],
        ['oslo', 'Oslo'],
        ['malm%C3%B6', 'Malmö'],
        ['MALM%C3%96&utm_source=mail', 'Malmö'],
        ['Atlantis', ''],
        ['x', ''],
        // It is a text, neither a pattern nor the name of a property.
        ['constructor', ''],
        ['__proto__', ''],
        ['Osl', ''],
        ['O.lo', ''],
        ['.*', ''],
        ['%25', ''],
        ['(', ''],
        [`${'x'.repeat(60)}`, ''],
      ] as const) {
        t.trail.begin();
        const { json, ...reply } = await ask(t, app, 'GET', `/shows?city=${city}`);
        const right = list.filter((show: { city: string }) => show.city === of).map(({ id }: { id: string }) => id);
        must({ ...reply, json }, 200, `the ${right.length} shows of ${of || 'no city'}`, sameIds(json, right));
      }
      for (const term of [
        'late',
        'LATE show',
        'rock-night',
        'Night 1',
        '7',
        'zebra',
        'Łódź 日本',
        'Ж-٣',
        `${'a'.repeat(60)}`,
      ]) {
        t.trail.begin();
        const reply = await ask(t, app, 'GET', `/search?q=${encodeURIComponent(term)}&page=1`);
        const right = list
          .filter(({ title }: { title: string }) => title.toLowerCase().includes(term.toLowerCase()))
          .map(({ id }: { id: string }) => id);
        must(reply, 200, `the ${right.length} shows whose title has “${term}” in it`, sameIds(reply.json, right));
      }
      for (const id of ['7', '240']) {
        t.trail.begin();
        const reply = await ask(t, app, 'GET', `/shows/${id}`);
        must(reply, 200, `show ${id}`, reply.json?.id === id && typeof reply.json?.description === 'string');
      }
      for (const id of ['none', '0', '241', '__proto__', 'constructor']) {
        t.trail.begin();
        mustBe(t, await ask(t, app, 'GET', `/shows/${id}`), 404);
      }
      t.trail.begin();
      const poster = await ask(t, app, 'GET', '/poster');
      const isJpeg = poster.headers['content-type'] === 'image/jpeg' && poster.bytes.readUInt16BE(0) === 0xffd8;
      must({ ...poster, text: '' }, 200, 'a JPEG', isJpeg && poster.bytes.length > 7_000);

      t.trail.begin();
      const ordered = await ask(t, app, 'POST', '/orders', { body: { show: '3', seats: 2 } });
      const { order, seats, totalCents } = ordered.json ?? {};
      const total = 2 * list[2].priceCents;
      const isRight = typeof order === 'string' && seats === 2 && totalCents === total;
      must(ordered, 201, `an order of 2 seats for ${total} cents`, isRight);
      mustBe(t, await ask(t, app, 'POST', '/orders', { body: { show: 'none', seats: 2 } }), 404);
      t.trail.begin();
      const name = `O'Brien "Zoë" <b>, ${'Łódź '.repeat(7)}5%`;
      const visitor = await ask(t, app, 'POST', '/visitors', { body: { name } });
      must(
        visitor,
        201,
        `the name ${name}, and a cookie`,
        visitor.json?.name === name && !!visitor.headers['set-cookie'],
      );
      // Beside those of others, who may have their own idea of what a % means.
      const own = cookieOf(visitor);
      for (const cookie of [own, `theme=100%; ${own}`, `${own}; q=%E0%A4%A`]) {
        if (cookie !== own) t.trail.begin(`Cookie: ${cookie}`);
        const me = await ask(t, app, 'GET', '/me', { headers: { cookie } });
        must(me, 200, `the name ${name}`, me.json?.name === name && me.json?.since === visitor.json.since);
      }
      t.trail.begin('without a cookie');
      mustBe(t, await ask(t, app, 'GET', '/me'), 401);
      for (const cookie of [
        'visitor=',
        'visitor=nobody',
        'visitor=%zz; visitor',
        ';;=',
        '__proto__=1; visitor=__proto__',
      ]) {
        t.trail.begin(`Cookie: ${cookie}`);
        mustBe(t, await ask(t, app, 'GET', '/me', { headers: { cookie } }), 401);
      }
    },
  );
}

export function cookieOf(reply: Reply): string {
  return (reply.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]).join('; ');
}

function sameIds(list: unknown, ids: string[]): boolean {
  return Array.isArray(list) && list.map((show) => show?.id).join() === ids.join();
}
