import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { ask, inWords, pidServing, type Reply } from './ask.ts';
import { eventually } from './patience.ts';
import { reload } from './reload.ts';
import { skipOnWindows, startInTurn } from './turns.ts';
import { mustServe, workersOf } from './workers.ts';

/** By the contract, from the moment in which the new worker asks Redis. */
const hangsForMs = 12_000;
const askEveryMs = 50;
/** So many that came later have their answer: whoever has the one that waits for its own does not wait for a core. */
const answeredLater = 10;

/** Line 3. Whether anybody listens meanwhile is line 10: a request that is refused was given to no worker. */
export function slowListBehaviour(behaviour: CheckDefinition['behaviour']): void {
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
      const door = await t.redis.openDoor();
      const app = await startInTurn(t, { WEB_CONCURRENCY: '1', REDIS_URL: door.url }, { isUrgent: true });
      await mustServe(t, app, 1, 'WEB_CONCURRENCY=1');
      // When PM2 starts, a worker may listen before it has its list: that is line 11.
      const hasList = async () => (await ask(app, '/prices/oslo')).status === 200;
      await eventually(t, 'GET /prices/oslo to be answered', hasList);
      const before = new Set(workersOf(app));
      const connections = door.connectionsSoFar;
      door.pause();
      const reloaded = reload(t, app);
      reloaded.catch(() => {}); // Awaited below.
      t.trail.begin('Redis hangs, and pm2 reload all');
      const asksRedisOrServes = async () => {
        if (!workersOf(app).some((pid) => !before.has(pid))) return false;
        if (door.connectionsSoFar > connections) return true;
        const pid = await pidServing(app);
        return pid !== undefined && !before.has(pid);
      };
      await eventually(t, 'a new worker to ask Redis', asksRedisOrServes);
      await mustGiveItNone(t, app);
      door.resume();
      await reloaded;
    },
    { limitMs: 90_000, background: true },
  );
}

interface Asked {
  reply?: Reply;
}

async function mustGiveItNone(t: Stage, app: Instance): Promise<void> {
  const asked: Asked[] = [];
  const error = () => asked.find(({ reply }) => reply && reply.status !== 0 && reply.status !== 200)?.reply;
  const since = performance.now();
  for (; performance.now() - since < hangsForMs && !error() && !isHeld(asked); await delay(askEveryMs)) {
    const one: Asked = {};
    asked.push(one);
    void ask(app, '/prices/oslo').then((reply) => {
      one.reply = reply;
    });
  }
  t.trail.begin(`Redis hangs, pm2 reload all, and ${asked.length} × GET /prices/oslo`);
  const wrong = error();
  t.require(!wrong, { expected: 'no answer of a worker without its list', seen: wrong ? inWords(wrong) : '' });
  t.require(!isHeld(asked), {
    expected: 'each of them to be answered by the old worker',
    seen: `one has no answer, and ${answeredAfter(asked)} that came after it have theirs`,
    because:
      'The new worker listens, and lets requests wait for its list. The old one would have answered them at once.',
  });
}

const isHeld = (asked: Asked[]) => answeredAfter(asked) >= answeredLater;

/** How many have their answer that came after the first one which still waits. */
function answeredAfter(asked: Asked[]): number {
  const first = asked.findIndex(({ reply }) => !reply);
  return first < 0 ? 0 : asked.slice(first).filter(({ reply }) => reply?.status === 200).length;
}
