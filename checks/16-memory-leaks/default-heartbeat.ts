import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { OpenRequest } from './client.ts';
import { beatsIn } from './heartbeats.ts';

/** By the README, where nobody sets HEARTBEAT_MS. */
const defaultMs = 15_000;
/** Clocks differ, and the machine is busy. */
const shortestMs = 12_000;
const longestMs = 18_000;
/** A stream may begin with a comment. */
const atTheBeginningMs = 1_000;

export function defaultHeartbeatBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'default-heartbeat',
    'without HEARTBEAT_MS, a stream gets a comment every 15 s',
    {
      because: 'Nobody has set HEARTBEAT_MS, and the comments come at another pace than the README says, or never.',
      lookAt: 'what becomes of the interval where the variable is not set?',
    },
    async (t) => {
      const app = await t.startExtra({ env: { HEARTBEAT_MS: undefined } });
      const stream = new OpenRequest(app, { method: 'GET', path: '/events/1/live' }, { reads: true });
      const startedAt = performance.now();
      /** When so many comments have come, or Infinity. */
      const cameAt = async (count: number, lastMs: number) => {
        for (let now = 0; now < lastMs + longestMs; await delay(20)) {
          now = performance.now() - startedAt;
          if (beatsIn(stream) >= count) return now;
        }
        return Number.POSITIVE_INFINITY;
      };
      t.step('GET /events/1/live of an app without HEARTBEAT_MS');
      try {
        let last = 0;
        let count = 1;
        let now = await cameAt(count, last);
        // A stream may begin with a comment, and a timer that all streams share may be under way: the next one tells.
        for (const isOver of [() => now < atTheBeginningMs, () => now - last < shortestMs]) {
          if (!isOver()) continue;
          last = now;
          now = await cameAt(++count, last);
        }
        const gapMs = now - last;
        t.require(gapMs >= shortestMs && gapMs < longestMs, {
          expected: `a comment every ${defaultMs / 1_000} s`,
          seen: gapMs < longestMs ? `one after ${(gapMs / 1_000).toFixed(1)} s` : `none in ${longestMs / 1_000} s`,
        });
      } finally {
        stream.hangUp('FIN');
      }
    },
    { further: true, background: true, limitMs: 60_000 },
  );
}
