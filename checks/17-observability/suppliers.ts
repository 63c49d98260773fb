import type { CheckDefinition, Instance, Stage, SupplierHandle } from '../harness/sdk/index.ts';
import { ada, ask, askAll, linus, order, type Question } from './ask.ts';
import { baseline, supplier as metric, mustBeA, mustCount, supplierLabels } from './counting.ts';
import { startOwn } from './own-app.ts';
import type { Counts, Scrape } from './scrape.ts';

const slowMs = 300;
/** The supplier takes twice as long for its statistics. */
const statsMs = 2 * slowMs;
const timeoutMs = 1_500;
const earlySeconds = 0.02;
/** Calls for one event that are broken off, or answered with what is no JSON. */
const breaks = 4;
/** Answers of 2xx with nothing in them, which is no JSON. */
const empties = ['body', 204] as const;

export function supplierBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'supplier',
    'each call to the supplier is counted and timed, by operation and outcome',
    {
      because: 'The counts are not those of the calls that the supplier got.',
      lookAt: 'which ways out has a call to the supplier, and which of them are counted?',
    },
    countsCalls,
    { background: true, limitMs: 30_000 },
  );
}

/** On an app of its own that does not wait for long. The others wait for longer than any behaviour holds them. */
async function countsCalls(t: Stage): Promise<void> {
  const { app, supplier } = await startOwn(t, { env: { SUPPLIER_TIMEOUT_MS: String(timeoutMs) } });
  await ask(t, app, 'GET', '/events', { status: 200 });
  await mustBeA(t, app, 'histogram', metric, {
    because: 'When the shop is slow, the first question is whether the box office is. Without a figure nobody can say.',
    lookAt: 'which kind of metric is it, and what is it called?',
  });
  const before = await baseline(t, app);
  await askAll(t, app, [
    ['GET', '/events', { status: 200 }],
    ['GET', '/events/3', { status: 200 }],
    ['GET', '/seats', { status: 200 }],
    ['POST', '/orders', { status: 201, body: order, headers: ada }],
    ['POST', '/orders', { status: 201, body: order, headers: linus }],
    ['GET', '/events?city=nowhere', { status: 200 }],
  ]);
  t.step(
    'GET /events, also where nothing is on, GET /events/3, GET /seats, and orders of two customers, one without offers',
  );
  await supplier.fail({ how: 'body', body: 'null', route: 'POST /audit' });
  await ask(t, app, 'POST', '/orders', { status: 201, body: order });
  await supplier.heal();
  t.step('an order, to whose audit the supplier answers 200 and null');
  const good = { 'events ok': 2, 'event ok': 4, 'stats ok': 1, 'offers ok': 2, 'audit ok': 3 };
  const isNoError = (grown: Counts) => ([...grown.keys()].some((key) => key.endsWith(' error')) ? nullIsAnAnswer : {});
  const afterGood = await mustCount(t, app, {
    metric,
    labels: supplierLabels,
    before,
    grows: good,
    teaching: isNoError,
  });

  const { grows, repeated, silentSeconds, stalledSeconds } = await fail(t, app, supplier);
  const teaching = (grown: Counts) => whatIsWrong(grows, grown, repeated);
  const afterFailures = await mustCount(t, app, { metric, labels: supplierLabels, before: afterGood, grows, teaching });
  mustHaveTaken(t, afterGood, afterFailures, 'stats timeout', timeoutMs / 1_000, silentSeconds);
  mustHaveTaken(t, afterGood, afterFailures, 'event timeout', timeoutMs / 1_000, stalledSeconds);

  await supplier.setLatency(slowMs);
  await supplier.fail({ how: 'halves', route: 'GET /stats' });
  const [late, inHalves] = await Promise.all([
    ask(t, app, 'GET', '/events', { status: 200 }),
    ask(t, app, 'GET', '/seats', { status: 200 }),
  ]);
  t.step(`GET /events, for which the supplier takes ${slowMs} ms`);
  t.step(`GET /seats, for which it takes ${statsMs} ms, and sends the headers and half of the answer at once`);
  const oneEach = { 'events ok': 1, 'stats ok': 1 };
  const now = await mustCount(t, app, { metric, labels: supplierLabels, before: afterFailures, grows: oneEach });
  mustHaveTaken(t, afterFailures, now, 'events ok', slowMs / 1_000, late.seconds);
  mustHaveTaken(t, afterFailures, now, 'stats ok', statsMs / 1_000, inHalves.seconds);
}

/** Every way in which a call can fail. @returns how they are to be counted, and how long two of them took their clients. */
async function fail(t: Stage, app: Instance, supplier: SupplierHandle) {
  await ask(t, app, 'GET', '/events/none', { status: 404 });
  await ask(t, app, 'POST', '/orders', { status: 502, body: order, headers: { authorization: 'Bearer nobody' } });
  t.step('one event that does not exist, and one customer whom the supplier does not know');
  for (const how of [503, 304, 500, 429]) {
    await supplier.fail({ how });
    await ask(t, app, 'GET', '/seats', { status: 502 });
  }
  await supplier.fail({ how: 409, route: 'POST /audit' });
  await ask(t, app, 'POST', '/orders', { status: 502, body: order });
  t.step('the supplier answers 503, 304, 500 and 429, and 409 to an audit');
  const seconds = await leaveWithoutAnswer(t, app, supplier);
  // An app may ask once more, and each of these calls is one.
  let failed = 0;
  for (const how of ['break', 'cut', 'garbage'] as const) {
    await supplier.reset();
    await supplier.fail({ how });
    await ask(t, app, 'GET', '/events/3', { status: 502 });
    failed += await supplier.total();
  }
  await supplier.heal();
  await supplier.reset();
  await supplier.fail({ how: 'break', times: 1 });
  await ask(t, app, 'GET', '/events/3', { status: 502, or: 200 });
  const again = (await supplier.total()) - 1;
  failed++;
  await supplier.fail({ how: 'garbage' });
  await ask(t, app, 'GET', '/seats', { status: 502 });
  await ask(t, app, 'GET', '/events', { status: 502 });
  await supplier.fail({ how: 'garbage', route: 'GET /offers' });
  await ask(t, app, 'POST', '/orders', { status: 502, body: order, headers: ada });
  for (const how of empties) {
    await supplier.fail({ how, body: '' });
    await ask(t, app, 'GET', '/seats', { status: 502 });
  }
  await supplier.heal();
  await supplier.fail({ how: 'break', route: 'POST /audit' });
  await ask(t, app, 'POST', '/orders', { status: 502, body: order });
  await supplier.heal();
  t.step('the supplier breaks off, or answers with HTML, or with a 200 and a 204 that have nothing in them');
  await supplier.fail({ how: 'refuse' });
  await ask(t, app, 'GET', '/events', { status: 502 });
  await supplier.heal();
  t.step('nobody listens at the supplier');
  const grows = {
    'event refused': 1,
    'offers refused': 1,
    'stats refused': 4,
    'audit refused': 1,
    'stats timeout': 1,
    'events timeout': 1,
    'event timeout': 1,
    'offers timeout': 1,
    'audit timeout': 1,
    'event error': failed,
    'audit error': 1,
    'events error': 2,
    'stats error': 1 + empties.length,
    'offers error': 1,
    'event ok': 6 + again, // Of the orders, and what was asked once more.
  };
  return { grows, repeated: again > 0 || failed > breaks, ...seconds };
}

/** Each operation once, side by side: they all take their time. */
async function leaveWithoutAnswer(t: Stage, app: Instance, supplier: SupplierHandle) {
  await supplier.heal();
  await supplier.reset();
  const silent: ReturnType<typeof ask>[] = [];
  let calls = 0;
  const leave = async (fault: Parameters<SupplierHandle['fail']>[0], ofCalls: number, ...question: Question) => {
    await supplier.fail(fault);
    const answer = ask(t, app, ...question);
    answer.catch(() => {}); // Awaited with the others.
    silent.push(answer);
    calls += ofCalls;
    await t.until('the supplier to be asked', async () => (await supplier.total()) >= calls);
  };
  await leave({ how: 'hang' }, 1, 'GET', '/seats', { status: 502 });
  await leave({ how: 'hang' }, 1, 'GET', '/events', { status: 502 });
  await leave({ how: 'hang', route: 'GET /offers' }, 2, 'POST', '/orders', { status: 502, body: order, headers: ada });
  await leave({ how: 'hang', route: 'POST /audit' }, 2, 'POST', '/orders', { status: 502, body: order });
  await leave({ how: 'stall' }, 1, 'GET', '/events/3', { status: 502 });
  const all = await Promise.all(silent);
  t.step('the supplier says nothing, or stops in the middle of an answer');
  return { silentSeconds: all[0]?.seconds ?? 0, stalledSeconds: all.at(-1)?.seconds ?? 0 };
}

const nullIsAnAnswer = {
  because:
    'All of these calls were answered, with a status of 2xx and with JSON. null is JSON, too: it says that there is nothing, such as no offers.',
  lookAt: 'by what does the code tell an answer from none?',
};

function whatIsWrong(grows: Record<string, number>, grown: Counts, repeated: boolean) {
  const wrong = Object.keys(grows).find((key) => (grown.get(key) ?? 0) < (grows[key] ?? 0));
  const total = (counts: Iterable<number>) => [...counts].reduce((sum, by) => sum + by, 0);
  if (!wrong) return {};
  if (repeated && wrong.startsWith('event '))
    return {
      because:
        'After a call that broke off, the app asked once more, and both together are counted as one. The box office was asked twice, and the first call failed.',
      lookAt: 'how many calls are made between the start and the end of one measurement?',
    };
  if (total(grown.values()) < total(Object.values(grows)))
    return {
      because: 'Some calls that failed are not counted. They are the ones that anybody will ask for.',
      lookAt: 'which line counts, and which errors never get there?',
    };
  // What is no JSON at all, and what is refused or too late, is counted well.
  const areRight = ['event error', 'events error', 'stats refused', 'stats timeout'].every(
    (key) => grown.get(key) === grows[key],
  );
  if (areRight && grown.has('stats ok'))
    return {
      because:
        'The supplier answered with a 2xx and nothing in it, and that was counted as ok. An empty answer is no JSON, and does not say what was asked for.',
      lookAt: 'what does the code make of a 204, or of an empty body?',
    };
  return {
    because: 'A call is counted with another outcome than it had, or under another name.',
    lookAt: 'how do the outcomes ok, refused, timeout and error differ, and by what does the code tell them apart?',
  };
}

/** One call more of this kind is in the sum, with as many seconds as it took. */
function mustHaveTaken(t: Stage, before: Scrape, now: Scrape, kind: string, took: number, waited: number): void {
  const sumOf = (scrape: Scrape) => scrape.by(`${metric}_sum`, supplierLabels).get(kind) ?? 0;
  const sum = sumOf(now) - sumOf(before);
  const [least, most] = [took - earlySeconds, waited + earlySeconds];
  t.require(sum >= least && sum <= most, {
    step: `${metric}_sum of ${kind}`,
    expected: `${least.toFixed(2)} to ${most.toFixed(2)} more, as many seconds as it took`,
    seen: `${Number(sum.toPrecision(3))} more`,
    because: 'What is measured is not how long the supplier took, from the question until all of its answer has come.',
    lookAt: 'when does the clock begin, when does it end, and in which unit is what it says?',
  });
}
