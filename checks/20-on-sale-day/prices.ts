import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { type Asked, ask, jsonOf } from './ask.ts';
import { lookedAt } from './mix.ts';
import { conclude, kindsOf, type Part } from './parts.ts';

/** Nobody has looked at these before. */
const cold = [20, 21, 22];
const lookers = 40;
/** Such a share of them may go without a price: on a slow machine a look at the box office can take longer than the app waits. */
const mayFail = 1 / 2;
/**
 * Nobody has looked at this one either, when the box office answers nothing but errors. It does so at once: the time of an answer
 * would hold back whoever asks again as soon as the last answer is there.
 */
const failing = { event: 23, forMs: 2_200, lookEveryMs: 30, latencyMs: 2 };
/** Of two instances, each with WEB_CONCURRENCY of them. */
const processes = 4;
/** By the contract, and what an answer may take on its way. */
const oldestMs = 2_000;
const onTheWayMs = 700;

export function pricesPart(part: Part): void {
  part(
    'prices',
    'The box office',
    {
      points: 10,
      lessons: [4, 5],
      because: 'Everybody who misses the price asks the box office for it, each for themselves. That is a stampede.',
      lookAt: 'what is kept of an answer, where, and what do others do while somebody asks already?',
    },
    async (t, minute) => {
      const { asked, happened, script } = minute;
      const inMinute = (await t.supplier.calls())['GET /events/:id'];
      const events = new Set(lookedAt).size;
      // Once a second, and four times once more by each of four processes.
      const allowed = events * (script.seconds + 16);
      const wanted = asked.filter(({ route }) => route === 'GET /events/:id');
      const looks = wanted.filter(({ status }) => status === 200 || status === 304).length;
      /** To ask the box office seldom is no art where customers get no answer. */
      const serves = looks > wanted.length / 2;
      const changed = asked.filter(
        ({ path, status, at }) =>
          path === '/events/2' && status === 200 && at > happened.price.at + oldestMs + onTheWayMs,
      );
      const unpriced = changed.filter((answer) => !hasPrice(answer));
      const old = changed.filter((answer) => hasPrice(answer) && jsonOf(answer)?.priceCents !== happened.price.cents);
      await t.supplier.reset();
      const startedAt = performance.now();
      const crowd = await Promise.all(
        cold.flatMap((event) => Array.from({ length: lookers }, () => ask(t.url, { path: `/events/${event}` }))),
      );
      const stampede = crowd.filter(({ status }) => status === 200);
      const calls = (await t.supplier.calls())['GET /events/:id'];
      const most = cold.length * Math.ceil((performance.now() - startedAt) / 1_000);
      t.step(
        `${looks} looks at ${events} events in the minute, and ${lookers} at once at each of ${cold.length} others`,
      );
      const { calls: whileFailing, seconds: failedFor } = await callsWhileFailing(t);
      // Once a second, and once more by each process: it may hold that the box office is away.
      const mostFailing = Math.ceil(failedFor) + processes;
      const wrong = stampede.filter((answer) => !hasPrice(answer)).length;
      const isRefused = stampede.length < crowd.length * (1 - mayFail);
      const atOnce = `${crowd.length} looks at ${cold.length} events at the same moment`;
      conclude(t, minute, [
        {
          worth: 0.5,
          timed: isRefused && wrong === 0,
          share: isRefused || wrong > 0 ? 0 : calls <= most ? 1 : calls <= 4 * most ? 0.4 : 0,
          seen:
            wrong > 0
              ? `${wrong} of ${stampede.length} looks at an event that were answered had no price`
              : isRefused
                ? `of ${atOnce}, ${crowd.length - stampede.length} were not answered with 200: ${kindsOf(crowd.filter(({ status }) => status !== 200))}`
                : `${atOnce} made ${calls} calls`,
          good: `${lookers} looks at the same moment are one call`,
          ...(wrong > 0 ? noPrice : isRefused ? notAnswered : calls <= processes * cold.length ? eachProcess : {}),
        },
        {
          worth: 0.25,
          share:
            !serves || whileFailing > mostFailing ? 0 : inMinute <= allowed ? 1 : inMinute <= 2 * allowed ? 0.5 : 0,
          seen: !serves
            ? `only ${looks} of ${wanted.length} looks at an event were answered`
            : whileFailing > mostFailing
              ? `while the box office answered 503, it was asked ${whileFailing} times in ${failedFor.toFixed(1)} s for the price of one event`
              : `${inMinute} calls in the minute, at most ${allowed} were to be`,
          good: `${inMinute} calls for ${looks} looks`,
          ...(serves
            ? {
                because:
                  whileFailing > mostFailing
                    ? 'A question that failed does not count, so everybody asks again at once. A box office that is in trouble gets more questions than ever.'
                    : 'Each process keeps prices of its own, or keeps them too briefly, and asks for them again.',
              }
            : notAnswered),
        },
        {
          worth: 0.25,
          share: old.length + unpriced.length === 0 && serves ? 1 : 0,
          seen:
            old.length > 0
              ? `${old.length} answers had a price that was more than 2 s old`
              : unpriced.length > 0
                ? `${unpriced.length} answers had no price`
                : 'too few had a price',
          good:
            changed.length > 0
              ? `${changed.length} looks after a change had the new price`
              : 'nobody looked at a price that had changed',
          ...(old.length > 0 ? tooOld : unpriced.length > 0 ? noPrice : notAnswered),
        },
      ]);
    },
  );
}

const hasPrice = (answer: Asked) => jsonOf(answer)?.priceCents > 0;

const tooOld = {
  because: 'A price that has changed is shown for longer than the contract allows.',
  lookAt: 'from when on does the time of an entry count, and what prolongs it?',
};

const notAnswered = {
  because: 'To spare the box office is no art where customers get no price, and most who looked got none.',
  lookAt: 'what does a look get that comes while another one asks the box office? And what has the app printed?',
};

const noPrice = {
  because:
    'An answer of GET /events/:id has priceCents. Whether the box office is spared can only be seen once it has.',
  lookAt: 'what does GET /events/20 answer, and what has the app printed?',
};

const eachProcess = {
  because:
    'In each process one asks for all. But the processes know nothing of each other, so each of them asks the box office.',
  lookAt: 'where could a process see that another one has the price, or is asking for it?',
};

/** How often the box office is asked for one price while customers look and it answers 503, quickly. */
async function callsWhileFailing(t: Stage): Promise<{ calls: number; seconds: number }> {
  await t.supplier.reset();
  await t.supplier.setLatency(failing.latencyMs);
  await t.supplier.fail({ how: 503 });
  const from = performance.now();
  const looks: Promise<unknown>[] = [];
  for (; performance.now() - from < failing.forMs; await delay(failing.lookEveryMs))
    looks.push(ask(t.url, { path: `/events/${failing.event}` })); // What they are told is another part’s.
  const calls = (await t.supplier.calls())['GET /events/:id'];
  const seconds = (performance.now() - from) / 1_000;
  await Promise.all(looks); // Or those that still wait for a price ask for it after the box office has been healed.
  await t.supplier.restore();
  return { calls, seconds };
}
