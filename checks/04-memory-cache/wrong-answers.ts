import { excerpt, type Stage } from '../harness/sdk/index.ts';
import { change, read, unavailable } from './steps.ts';

interface Fault {
  how: 'body' | 'cut' | 'garbage';
  body?: string;
}

const bodies = (...texts: string[]): Fault[] => texts.map((body) => ({ how: 'body', body }));

/** What the supplier sends with a 200, for each kind of question. For offers, null and a list are right. */
const faults = {
  record: [
    ...bodies('null', '[]', '7', '', '{}', '{"error":"down for maintenance"}'),
    { how: 'cut' },
    { how: 'garbage' },
  ],
  offers: [...bodies('{}', '7', ''), { how: 'garbage' }],
} satisfies Record<string, Fault[]>;

/** Of berlin. No list has shown them yet. */
const unread = ['211', '221', '231', '241', '251', '261', '281', '291'];
const written = '271';
/** The supplier refuses it, so no answer to it is kept. */
const nobody = { authorization: 'Bearer nobody.000000' };

const notSaid = {
  because:
    'The supplier said 200 and sent something that is not what it was asked for. That is a failure of the supplier, and the shop says something else. What is taken for an answer is also kept, and given to everybody until it expires.',
  lookAt: 'what does the app make of the body of a 200 that is null, a list, a number, an error, empty or cut off?',
};

const kept = {
  because:
    'What the supplier sent by mistake was kept like a good answer. The supplier is well again, and the shop is not.',
  lookAt: 'what does the app know of an answer when it puts it into the cache?',
};

/** A 200 with the wrong body is a failure of the supplier like any other. */
export async function wrongAnswersAreFailures(t: Stage): Promise<void> {
  for (const [index, fault] of faults.record.entries()) {
    const id = unread[index];
    const event = await afterFailure(t, fault, `/events/${id}`);
    t.require(event.json?.id === id, { expected: `event ${id}`, seen: excerpt(event.text), ...kept });
    const list = await afterFailure(t, fault, `/events?city=nowhere-${index}&page=1`);
    t.require(list.json?.events?.length === 0, { expected: 'an empty list', seen: excerpt(list.text), ...kept });
  }
  for (const fault of faults.offers) {
    await failsWith(t, fault, '/me/offers', nobody);
    (await t.visitor().get('/me/offers', { headers: nobody })).mustBe([401, 403], kept);
  }
  for (const fault of [...bodies('null', '', '{}'), { how: 'garbage' } as const]) {
    const before = (await read(t.visitor(), `/events/${written}`)).json?.priceCents;
    t.trail.begin(inWords(fault));
    await t.supplier.fail(fault);
    (await t.visitor().put(`/events/${written}`, { priceCents: before + 1 })).mustBe(unavailable, notSaid);
    await t.supplier.heal();
    t.step('the supplier is well again, and has not made the change');
    const { json } = await read(t.visitor(), `/events/${written}`);
    t.require(json?.priceCents === before, {
      expected: `priceCents ${before}, as it was`,
      seen: `priceCents ${json?.priceCents}`,
      ...kept,
    });
  }
  await change(t, written, { priceCents: 2_711 });
}

async function failsWith(t: Stage, fault: Fault, path: string, headers: Record<string, string>): Promise<void> {
  t.trail.begin(inWords(fault));
  await t.supplier.fail(fault);
  (await t.visitor().get(path, { headers })).mustBe(unavailable, notSaid);
  await t.supplier.heal();
  t.step('the supplier is well again');
}

async function afterFailure(t: Stage, fault: Fault, path: string) {
  await failsWith(t, fault, path, {});
  return read(t.visitor(), path, {}, kept);
}

function inWords(fault: Fault): string {
  if (fault.how === 'cut') return 'the supplier: 200, and the connection breaks in the middle of the body';
  if (fault.how === 'garbage') return 'the supplier: 200 with a page of HTML';
  return `the supplier: 200 with ${fault.body === '' ? 'an empty body' : `the body ${fault.body}`}`;
}
