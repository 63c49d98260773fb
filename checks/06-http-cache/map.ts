import { type CheckDefinition, cdnVerdictInWords, excerpt } from '../harness/sdk/index.ts';
import { askWell, goneAfterS, inBrowser, later, mustBe, read, readWell, requireServed } from './steps.ts';

const yearS = 31_536_000;

/** An address with a version stands for one content for ever. */
export function mapBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'map',
    'a map with its version in the address is kept for a year, and only that one',
    {
      because: 'The map at this address never changes, and it is still asked for again.',
      lookAt: 'what is the longest lifetime, and what tells a browser not to ask, even on reload?',
    },
    async (t) => {
      const [event, elsewhere] = [await askWell(t, '/events/88'), await askWell(t, '/events/89')];
      const address = event.json?.map;
      t.require(typeof address === 'string' && /^\/venues\/[^/]+\/map\.svg\?v=./.test(address), {
        expected: 'an event with the address of its map',
        seen: excerpt(event.text),
      });
      t.trail.begin();
      const { answer } = await readWell(t, address);
      t.require(answer.headers['content-type']?.startsWith('image/svg+xml'), {
        expected: 'image/svg+xml',
        seen: answer.headers['content-type'] ?? 'no content type',
      });
      later(t, yearS - 86_400);
      requireServed(t, (await readWell(t, address)).cdn, ['hit']);
      const { immutable, lifetimeS } = inBrowser(answer);
      t.require(lifetimeS >= yearS - 86_400 && immutable, {
        step: 'in a browser',
        expected: 'a year, and immutable',
        seen: `${lifetimeS} s, ${immutable ? 'immutable' : 'not immutable'}`,
      });

      for (const [path, what] of [
        [address.replace(/\?.*/, ''), 'no version'],
        [address.replace(/v=.*/, 'v=0000000000'), 'a version that is not the map’s'],
        [
          address.replace(/v=.*/, /v=.*/.exec(String(elsewhere.json?.map))?.[0] ?? 'v=1'),
          'the version of another venue’s map',
        ],
      ] as const) {
        t.trail.begin();
        const teaching = {
          because: `The address has ${what} in it, so what is behind it can change. A cache that has kept this will not ask again.`,
          lookAt: 'under which condition may an answer be kept for a year?',
        };
        const { answer: other } = await read(t, path);
        mustBe(other, [200, 302, 303, 307, 404], {
          because: `The address has ${what} in it. A later map may appear there, so no answer to it is final.`,
          lookAt: 'what can the shop answer here: today’s map, a redirect to it, or a 404?',
        });
        const kept = inBrowser(other);
        t.require(!kept.immutable && kept.lifetimeS < 3_600, {
          expected: 'a lifetime of less than an hour, and not immutable',
          seen: other.headers['cache-control'] ?? `${kept.lifetimeS} s`,
          ...teaching,
        });
        later(t, goneAfterS);
        const { cdn } = await read(t, path);
        const asked = cdn.served === 'miss' || cdn.served === 'revalidated';
        t.require(asked, { expected: 'the shop to be asked first', seen: cdnVerdictInWords(cdn), ...teaching });
      }
    },
  );
}
