import { BehaviourFailure, type LoadFinding, type Stage } from '../harness/sdk/index.ts';
import { isOfRequest, linesOf, watchLog } from './log.ts';

/** What each visitor of load.yml asks, by what its lines must say. */
const perVisitor: Record<string, number> = {
  'GET /events/:id 200': 16,
  'POST /orders 201': 2,
  'GET /fees/:city 500': 1,
  'POST 400': 1,
};
const requestsOfVisitor = Object.values(perVisitor).reduce((sum, count) => sum + count, 0);

/** Statuses that load.yml provokes. */
export const provoked = [400, 500];

/** After the load, the log must hold as many lines of each kind as there were requests. */
export async function logWatch(t: Stage): Promise<(requests: number) => Promise<LoadFinding>> {
  const watch = watchLog(t.app());
  return async (requests) => {
    const visitors = requests / requestsOfVisitor;
    const count = () => {
      const counts: Record<string, number> = {};
      for (const { method, route, status } of linesOf(t, watch).filter(isOfRequest)) {
        // Malformed JSON may be found before there is a route.
        const kind = status === 400 ? `${method} ${status}` : `${method} ${route} ${status}`;
        counts[kind] = (counts[kind] ?? 0) + 1;
      }
      return counts;
    };
    const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, n) => sum + n, 0);
    let counts: Record<string, number> = {};
    try {
      for (const until = performance.now() + 3_000; total(count()) < requests && performance.now() < until; )
        await new Promise((resolve) => setTimeout(resolve, 50));
      counts = count();
    } catch (error) {
      // A line that is no JSON. The load itself was run, and its figures stand.
      if (error instanceof BehaviourFailure) return { note: 'the log could not be read', failure: error.failure };
      throw error;
    }
    const note = `${total(counts)} lines in the log for ${requests} requests`;
    const wrong = new Set([...Object.keys(perVisitor), ...Object.keys(counts)]);
    for (const kind of wrong) {
      const expected = (perVisitor[kind] ?? 0) * visitors;
      if ((counts[kind] ?? 0) === expected) continue;
      return {
        note,
        failure: {
          kind: 'target',
          trail: [{ what: `the load run, ${requests} requests` }],
          expected: `${expected} lines of “${kind}” in the log`,
          seen: `${counts[kind] ?? 0}`,
          because: 'With many requests at a time the log does not say what became of each.',
          lookAt: 'what does a line know of its request, and could it be another one’s?',
        },
      };
    }
    const onStderr = watch.app.stderr.since(watch.stderr).trim();
    if (onStderr === '') return { note };
    return {
      note,
      failure: {
        kind: 'target',
        trail: [{ what: `the load run, ${requests} requests` }],
        expected: 'nothing on standard error',
        seen: `“${onStderr.split('\n')[0]?.slice(0, 100)}”`,
        because: 'Something is printed past the log: without an id, and on a stream that is often thrown away.',
        lookAt: 'who writes this line, and does it need many requests, or many on one connection?',
      },
    };
  };
}
