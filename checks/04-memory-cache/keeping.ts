import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, excerpt, type Stage } from '../harness/sdk/index.ts';
import { arrived, eventIn, heldMs, isKept, mustKeepAfterAFailedWrite, patienceMs, read, unavailable } from './steps.ts';
import { wrongAnswersAreFailures } from './wrong-answers.ts';

/** More calls than the supplier serves at a time, so that a place in a queue of the app is missed if a failed call keeps it. */
const failures = 16;
/** An app may ask a few at a time, and each of them again, before it gives up. */
const deadlineMs = 10_000;

/** A write that has reads follow it begins them by then. */
const beganWithinMs = 150;

/** What may be kept: no errors, and no write that was refused. The events are in cities whose lists nobody has read. */
export function keepingBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'errors-not-kept',
    'errors of the supplier and 404s are not kept as good answers',
    {
      because: 'An error was kept for as long as a good answer. The supplier is well again, and the shop still is not.',
      lookAt: 'what is put into the cache when the supplier answers with an error, or not at all?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      const faults = { '503 for every request': 503, 'refused connections': 'refuse' } as const;
      for (const [path, [what, how]] of [
        ['/events/334', Object.entries(faults)[0]],
        ['/events/338', Object.entries(faults)[1]],
        ['/events?city=turin&page=1', Object.entries(faults)[0]],
      ] as [string, [string, 503 | 'refuse']][]) {
        t.trail.begin(`the supplier: ${what}`);
        await t.supplier.fail({ how });
        (await t.visitor().get(path)).mustBe(unavailable, {
          because: 'The supplier failed, and the shop did not say so.',
          lookAt: 'what does the app answer when the supplier fails?',
        });
        await t.supplier.heal();
        t.step('the supplier is well again');
        const { json, text } = await read(t.visitor(), path);
        t.require(json?.id === path.split('/')[2] || Array.isArray(json?.events), {
          expected: 'the event or the list',
          seen: excerpt(text),
        });
      }
      await asksBeforeThePauseIsOver(t);
      await wrongAnswersAreFailures(t);
      await worksAfterManyFailures(t);
      for (const [route, path] of [
        ['GET /events/:id', '/events/334'],
        ['GET /events', '/events?city=vienna&page=4'],
      ] as const)
        await livesThroughReadsThatNobodyWaitsFor(t, route, path);
      const wasKept = await isKept(t, '/events/334');
      t.trail.begin('the supplier: 503 for every request');
      await t.supplier.fail({ how: 503 });
      t.step('PUT /events/334 {"priceCents":1}');
      (await t.visitor().put('/events/334', { priceCents: 1 })).mustBe(unavailable, {
        because: 'The supplier refused the change, and the shop says that it has been made.',
        lookAt: 'what does PUT /events/:id wait for before it answers?',
      });
      await t.supplier.heal();
      t.trail.retell(2, 'the supplier is well again');
      const unchanged = (await t.supplier.event('334'))?.priceCents;
      const { json: shown } = await read(t.visitor(), '/events/334');
      t.require(shown?.priceCents === unchanged, {
        step: { what: 'GET /events/334', answer: '200' },
        expected: `priceCents ${unchanged}, as it was`,
        seen: `priceCents ${shown?.priceCents}`,
        because: 'The supplier refused the change, and the shop shows it all the same.',
        lookAt: 'what does PUT /events/:id put into the cache, and when?',
      });
      t.trail.retell(3);
      if (wasKept) await mustKeepAfterAFailedWrite(t, ['/events/334', '/events?city=vienna&page=4']);
      await refusedIsNeverShown(t);
      t.trail.begin();
      for (let time = 0; time < 2; time++) {
        (await t.visitor().get('/events/99999')).mustBe(404, {
          because: 'There is no such event. The second answer must say so as the first one did.',
          lookAt: 'what does the cache keep of an answer: its status, too?',
        });
      }
      (await t.visitor().put('/events/99999', { priceCents: 1 })).mustBe(404, {
        because: 'There is no such event, and the shop says that it has been changed, or that something else is wrong.',
        lookAt: 'what does PUT /events/:id answer when the supplier answers 404?',
      });
    },
  );
}

/** The supplier is well again before the time in its Retry-After is over. */
async function asksBeforeThePauseIsOver(t: Stage): Promise<void> {
  t.trail.begin('the supplier: 429, with Retry-After: 60');
  await t.supplier.fail({ how: 429, retryAfter: '60' });
  (await t.visitor().get('/events/348')).mustBe(unavailable, {
    because: 'The supplier answered neither with the event nor that there is none, and the shop did not say so.',
    lookAt: 'what does the app make of each status of the supplier?',
  });
  await t.supplier.heal();
  t.step('the supplier is well again');
  for (const path of ['/events/348', '/events?city=turin&page=3']) {
    (await t.visitor().get(path)).mustBe(200, {
      because:
        'The supplier is well again, and the shop is not: it keeps the error, or it asks nothing until the time in Retry-After is over.',
      lookAt: 'what does an error of the supplier leave behind, and what of that decides whether it is asked again?',
    });
  }
}

/** Failures that leave something behind are noticed only after a few of them. */
async function worksAfterManyFailures(t: Stage): Promise<void> {
  const lost = {
    because:
      'The shop waits for something that never comes. A call that failed may still hold something, such as one of a limited number of places.',
    lookAt: 'what does the app do after a call that has succeeded, and what of it after one that has failed?',
  };
  const many = (path: (index: number) => string, right: number[], because: string) =>
    Promise.all(
      Array.from({ length: failures }, async (_, index) =>
        (await t.visitor().get(path(index), { unanswered: lost, deadlineMs })).mustBe(right, { because }),
      ),
    );
  t.trail.begin();
  await many((index) => `/events/9900${index}`, [404], 'There is no such event.');
  t.trail.begin(`GET of ${failures} events that do not exist`, '404 each');
  for (const [name, how] of [
    ['503 for every request', 503],
    ['refused connections', 'refuse'],
  ] as const) {
    const trailLength = t.trail.length;
    await t.supplier.fail({ how });
    const untold = 'The supplier failed, and the shop did not say so.';
    await many((index) => `/events?city=${how}-${index}&page=1`, unavailable, untold);
    t.trail.retell(trailLength, `the supplier: ${name}, ${failures} times`);
  }
  await t.supplier.heal();
  t.step('the supplier is well again');
  (await t.visitor().get('/events?city=turin&page=2', { unanswered: lost })).mustBe(200);
}

/** A write may begin reads of its own, so that the next reader finds their answer. Here the supplier fails them. */
async function livesThroughReadsThatNobodyWaitsFor(
  t: Stage,
  route: 'GET /events' | 'GET /events/:id',
  path: string,
): Promise<void> {
  const priceCents = route === 'GET /events' ? 1_444 : 1_333;
  for (const each of [path, '/events/334']) await read(t.visitor(), each);
  await t.supplier.reset();
  await t.supplier.fail({ how: 503, route });
  t.trail.begin(`the supplier: 503 for every ${route}`);
  const trailLength = t.trail.length;
  const put = await t.visitor().put('/events/334', { priceCents });
  // An app that reads the event before it changes it can't do so now.
  put.mustBe([200, ...unavailable]);
  t.trail.retell(trailLength, `PUT /events/334 {"priceCents":${priceCents}}`, String(put.status));
  // Such a read has failed when something comes after it. Without one, nothing does.
  const until = performance.now() + beganWithinMs;
  while ((await t.supplier.calls())[route] === 0 && performance.now() < until) await delay(10);
  await arrived(t);
  await t.supplier.heal();
  t.step('the supplier is well again');
  const isNow = (await t.supplier.event('334'))?.priceCents;
  for (const each of [path, '/events/334']) {
    const answer = await read(t.visitor(), each);
    const shown = (eventIn(answer, '334') ?? answer.json)?.priceCents;
    t.require(shown === isNow, {
      expected: `event 334 with priceCents ${isNow}`,
      seen: `priceCents ${shown}`,
      because:
        'The supplier failed for a moment after a write, and the shop still shows what was true before that write.',
      lookAt: 'what does a write leave in the cache when a read that follows it fails?',
    });
  }
}

/** Nobody may see a change before the supplier has agreed to it. */
async function refusedIsNeverShown(t: Stage): Promise<void> {
  const before = (await read(t.visitor(), '/events/334')).json?.priceCents;
  await t.supplier.reset();
  await t.supplier.fail({ how: 503, route: 'PUT /events/:id', times: 1 });
  await t.supplier.setLatency(heldMs);
  t.trail.begin('PUT /events/334 {"priceCents":1}, which the supplier will refuse, and is slow');
  const trailLength = t.trail.length;
  const put = t.visitor().put('/events/334', { priceCents: 1 });
  put.catch(() => {}); // Awaited below, unless something fails before.
  const since = performance.now();
  await t.until('the write to reach the supplier', async () => {
    const reached = (await t.supplier.calls())['PUT /events/:id'] > 0;
    // An app that reads the event before it changes it waits for that answer.
    if (!reached && performance.now() - since > patienceMs) await t.supplier.release();
    return reached;
  });
  const between = read(t.visitor(), '/events/334');
  between.catch(() => {}); // Awaited below, unless something fails before.
  await Promise.race([between, delay(patienceMs)]);
  await t.supplier.setLatency(0);
  await t.supplier.release();
  const shown = (await between).json?.priceCents;
  (await put).mustBe(unavailable);
  t.trail.retell(trailLength, 'GET /events/334 meanwhile', '200');
  t.require(shown === before, {
    expected: `priceCents ${before}, as it was`,
    seen: `priceCents ${shown}`,
    because: 'The change was shown before the supplier had agreed to it, and then the supplier refused it.',
    lookAt: 'what does PUT /events/:id put into the cache, and when?',
  });
}
