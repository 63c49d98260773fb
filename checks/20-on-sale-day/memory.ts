import { ask, keptAgent } from './ask.ts';
import { conclude, type Part } from './parts.ts';

const steps = 4;
const requests = 600;
/** Bytes that each request may leave: 500 kB for 1,000. */
const mostBytes = 500;
/** Nothing but a leak leaves so much, and an app that leaks is slow: then two steps are enough. */
const plainlyTooMany = 10 * mostBytes;

export function memoryPart(part: Part): void {
  part(
    'memory',
    'Memory',
    {
      points: 6,
      lessons: [15, 16],
      limitMs: 90_000,
      because:
        'Each request leaves something behind that is never let go. By Sunday the shop is slow, and then it is gone.',
      lookAt: 'npm run heap lesson-20 sends requests and names what they leave',
    },
    async (t, minute) => {
      const { customers } = minute;
      const app = t.app(1);
      const agent = keptAgent();
      const looks: Map<number, number>[] = [];
      const known = customers.filter(({ isLoggedIn }) => isLoggedIn);
      try {
        for (let step = 0; step <= steps; step++) {
          looks.push(await app.probe.heapsAfterGc());
          if (growthIn(looks).reduce((sum, bytes) => sum + bytes, 0) > plainlyTooMany) break;
          if (step < steps) await some(app.url, step, known, agent);
        }
      } finally {
        agent.destroy();
      }
      const perRequest = growthIn(looks);
      if (perRequest.length === 0) t.inconclusive('no process of the instance lived through the measurement');
      // Each process has served its part.
      const grows = perRequest.reduce((sum, bytes) => sum + bytes, 0);
      t.step(
        `${looks.length - 1} times ${requests} requests to instance 1, with a collection in each process after each`,
      );
      conclude(t, minute, [
        {
          worth: 1,
          share: grows <= mostBytes ? 1 : 0,
          seen: `1,000 requests leave ${Math.round(grows)} kB in memory, for ever`,
          good: `1,000 requests leave ${Math.round(grows)} kB in the memory of ${perRequest.length} processes`,
        },
      ]);
    },
  );
}

/** Bytes that each request has left, by process. A leak grows at each step; what a step compiles or caches does not. */
function growthIn(looks: readonly Map<number, number>[]): number[] {
  const pids = [...(looks.at(-1)?.keys() ?? [])].filter((pid) => looks.every((look) => look.has(pid)));
  return pids.map((pid) => {
    const heaps = looks.map((look) => look.get(pid) ?? 0);
    const growth = heaps.slice(2).map((heap, n) => heap - (heaps[n + 1] ?? 0));
    return growth.length === 0 ? 0 : Math.max(0, Math.min(...growth)) / requests;
  });
}

/** What an app keeps of a request, it keeps whole: then a few of them are seen. */
const long = 'x'.repeat(3_000);

/** Requests of all kinds, none like another. */
async function some(
  url: string,
  step: number,
  known: readonly { ask(url: string, question: object): Promise<unknown> }[],
  agent: ReturnType<typeof keptAgent>,
): Promise<void> {
  for (let n = 0; n < requests; n += 20)
    await Promise.all(
      Array.from({ length: 20 }, (_, m) => {
        const number = step * requests + n + m;
        const customer = known[number % Math.max(1, known.length)];
        if (m % 4 === 0 && customer) return customer.ask(url, { path: '/me', agent });
        if (m % 4 === 1) return ask(url, { path: `/events/${1 + (number % 60)}?n=${number}&${long}`, agent });
        if (m % 4 === 2) return ask(url, { path: `/nothing/${number}/${long}`, agent });
        return ask(url, { path: '/events', agent, headers: { 'user-agent': `visitor ${number} ${long}` } });
      }),
    );
}
