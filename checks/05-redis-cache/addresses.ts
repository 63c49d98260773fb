import type { Answer, Stage } from '../harness/sdk/index.ts';
import { change, requirePrice } from './steps.ts';

const severalKeys = {
  because:
    'The event was read and written at different spellings of one address, and Express gives all of them to the same route. Each spelling has a key of its own, and the write dropped one of them.',
  lookAt: 'what is the key of an entry made of: of the address as it was typed, or of the id that the route gets?',
};

/** One address can be spelled in several ways. Those that the app answers with the event lead to one entry. */
export async function mustDropAtEveryAddress(t: Stage, id: string): Promise<void> {
  const plain = `/events/${id}`;
  const encoded = `/events/%${id.charCodeAt(0).toString(16)}${id.slice(1)}`;
  t.trail.begin();
  const served: string[] = [];
  for (const path of [plain, `${plain}/`, encoded, `/Events/${id}`, `${plain}?from=newsletter`]) {
    const answer = await t.visitor().get(path, { on: 1 });
    if (showsEvent(answer, id))
      served.push(path); // A strict router may know only some of them.
    else t.trail.dropLast();
  }
  await change(t, id, { priceCents: 4_321 }, 2);
  for (const [index, path] of served.entries()) {
    const answer = (await t.visitor().get(path, { on: 1 + (index % 2) })).mustBe(200, severalKeys);
    requirePrice(t, answer, 4_321, severalKeys);
    t.trail.dropLast();
  }
  t.trail.begin(`GET ${plain}`, '200');
  for (const [index, path] of served.slice(1).entries()) {
    const priceCents = 5_001 + index;
    const put = await t.visitor().put(path, { priceCents }, { on: 1 + (index % 2) });
    const answer = await t.visitor().get(plain, { on: 2 - (index % 2) });
    if (put.status === 200) requirePrice(t, answer.mustBe(200), priceCents, severalKeys);
    t.trail.retell(1);
  }
}

function showsEvent({ status, json }: Answer, id: string): boolean {
  return status === 200 && json?.id === id;
}
