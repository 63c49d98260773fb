import type { CheckDefinition, Teaching } from '../harness/sdk/index.ts';
import {
  answeredAfter,
  failedEarly,
  type HangingReload,
  hangsForMs,
  hasNoList,
  isHeld,
  soldOutEvent,
} from './hanging-reload.ts';
import { kindOf, kindsOf } from './traffic.ts';
import { skipOnWindows } from './turns.ts';

/** Line 3. Whether anybody listens meanwhile is line 10: a request that is refused was given to no worker. */
export function slowListBehaviour(behaviour: CheckDefinition['behaviour'], hanging: HangingReload): void {
  behaviour(
    'slow-list',
    `a worker that a reload brings gets no request before it has its list, also if Redis hangs for ${hangsForMs / 1_000} s`,
    {
      because:
        'A new worker listened without its list of sold-out events. From that moment on it got its share of the requests.',
      lookAt: 'what must a worker have before it listens, and what else ends its wait for that?',
    },
    async (t) => {
      skipOnWindows(t);
      const { asked, newListens } = await hanging.seen(t);
      t.trail.begin(
        `Redis hangs, pm2 reload all, and ${asked.length} × GET /prices/${soldOutEvent}, which is sold out`,
      );
      const wrong = newListens ? asked.find(hasNoList)?.reply : undefined;
      t.require(!wrong, {
        expected: 'no answer of a worker without its list',
        seen: wrong ? `${wrong.status} ${wrong.text.slice(0, 80)}` : '',
      });
      t.require(!isHeld(asked), {
        expected: 'each of them to be answered by the old worker',
        seen: `one has no answer, and ${answeredAfter(asked)} that came after it have theirs`,
        because:
          'The new worker listens, and lets requests wait for its list. The old one would have answered them at once.',
      });
    },
    { limitMs: 90_000, background: true },
  );
}

const lostItsList: Teaching = {
  because:
    'The old worker had its list, and no longer answers with it. A list of some seconds ago is better than no desk.',
  lookAt: 'what becomes of the list that a worker has, when Redis gives no new one?',
};

/** Line 10. */
export function slowStartBehaviour(behaviour: CheckDefinition['behaviour'], hanging: HangingReload): void {
  behaviour(
    'slow-start',
    'a reload while Redis hangs waits for the new worker, and not one request fails',
    {
      because:
        'PM2 waits for a new worker for as long as it is told, or for three seconds. Then it ends the old one, whether the new one serves or not.',
      lookAt: 'how long may a worker take to start, and what does PM2 do when it takes longer?',
    },
    async (t) => {
      skipOnWindows(t);
      const { asked, newListens, newServes } = await hanging.seen(t);
      t.trail.begin(`Redis hangs for 15 s, pm2 reload all, and ${asked.length} × GET /prices/${soldOutEvent}`);
      const failed = failedEarly(asked);
      t.require(failed.length === 0, {
        expected: 'no failed request',
        seen: `${failed.length}: ${kindsOf(failed.map(kindOf))}`,
        ...(!newListens && failed.every(({ status }) => status > 0) ? lostItsList : {}),
      });
      t.step('then Redis is back');
      t.require(newServes, { expected: 'the new worker to serve', seen: 'not within 20 s' });
    },
    { limitMs: 90_000, background: true, further: true },
  );
}
