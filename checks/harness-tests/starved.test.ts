import type supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { LoopGaps } from '../harness/measure/loop-gaps.ts';
import { Trail } from '../harness/model/trail.ts';
import type { BehaviourFailure } from '../harness/model/verdict.ts';
import { Answer, type Evidence } from '../harness/net/answer.ts';
import type { Environment } from '../harness/runner/environment.ts';
import { judge } from '../harness/runner/judge-behaviour.ts';
import type { Stage } from '../harness/runner/stage.ts';
import { starvedInstead } from '../harness/runner/starved.ts';

/** This thread stands still, as one that gets no core. */
function standStill(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

const nothingStarted = {
  instances: [],
  processes: [],
  crash: () => undefined,
  assertServicesAlive: async () => {},
} as unknown as Environment;

const teaching = { because: 'The list is gone.', lookAt: 'who empties it?' };

/** What comes of a behaviour that gets this answer in place of a 200. */
const outcomeOf = (status: number, beforeTheAnswer: () => Promise<void>, services = ['redis']) =>
  judge(
    {
      id: 'reads',
      title: 'an event can be read',
      teaching,
      options: {},
      act: async (t: Stage) => {
        const sentAt = performance.now();
        await beforeTheAnswer();
        const { trail, evidence } = t;
        const response = { status, headers: {}, text: 'no Redis' } as unknown as supertest.Response;
        const scene = { trail, teaching, evidence, crash: () => undefined };
        new Answer(response, performance.now() - sentAt, 'GET /events/1', scene).mustBe(200);
      },
    },
    { ...nothingStarted, lesson: { services } } as unknown as Environment,
  );

describe('a 503 while the check stood still', () => {
  it('is no failure of the app: the check holds its services back', async () => {
    const result = await outcomeOf(503, async () => standStill(900));
    expect(result.outcome).toBe('inconclusive');
    expect(result).toMatchObject({
      reason: expect.stringMatching(
        /^the app answered 503 to GET \/events\/1, and the check, .* stood still for \d\.\d s/,
      ),
      fix: expect.stringContaining('check again'),
    });
  });

  it('is a failure where the check went on', async () => {
    expect((await outcomeOf(503, async () => {})).outcome).toBe('fail');
  });

  it('is a failure where the app has no services that could be late', async () => {
    expect((await outcomeOf(503, async () => standStill(900), [])).outcome).toBe('fail');
  });

  it('excuses no other status', async () => {
    expect((await outcomeOf(404, async () => standStill(900))).outcome).toBe('fail');
  });
});

describe('a 503 that took long', () => {
  const refusedAfter = (ms: number, text = 'no Redis') => {
    const evidence: Evidence = { unexpected: new Set() };
    const scene = { trail: new Trail(), teaching, evidence, crash: () => undefined };
    const response = { status: 503, headers: {}, text } as unknown as supertest.Response;
    try {
      new Answer(response, ms, 'GET /events/1', scene).mustBe(200);
    } catch (failure) {
      return { failure: failure as BehaviourFailure, evidence };
    }
    throw new Error('a 503 is no 200');
  };
  const noGaps = { longestMs: () => 0 };

  it('is no failure where other programs kept the machine busy', () => {
    const { failure, evidence } = refusedAfter(1_200);
    expect(starvedInstead(failure, evidence, noGaps, true)?.message).toBe(
      'the app answered 503 to GET /events/1, and that took 1.2 s on a machine that other programs kept busy',
    );
  });

  it('is told as the balancer’s where the balancer said it', () => {
    const { failure, evidence } = refusedAfter(1_200, 'no instance is ready');
    expect(starvedInstead(failure, evidence, noGaps, true)?.message).toMatch(
      /^no instance was ready for GET \/events\/1, and/,
    );
  });

  it('is a failure on a quiet machine, and where it came at once', () => {
    const late = refusedAfter(1_200);
    expect(starvedInstead(late.failure, late.evidence, noGaps, false)).toBeUndefined();
    const soon = refusedAfter(20);
    expect(starvedInstead(soon.failure, soon.evidence, noGaps, true)).toBeUndefined();
  });
});

describe('LoopGaps', () => {
  it('tells how long the event loop stood still within a span', () => {
    const gaps = new LoopGaps();
    const from = performance.now();
    standStill(400);
    const to = performance.now();
    standStill(400);
    expect(gaps.longestMs(from, to)).toBeGreaterThan(250);
    expect(gaps.longestMs(from, to)).toBeLessThanOrEqual(to - from);
    expect(gaps.longestMs(from - 200, from - 100)).toBe(0);
    gaps.close();
  });
});
