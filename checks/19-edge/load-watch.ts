import type { LoadFinding, Stage } from '../harness/sdk/index.ts';

/** Of the 20 requests of each visitor in load.yml. */
const requestsOfVisitor = 20;
const mostShare = 0.4;

/** Most of what visitors ask for is answered before it comes to Node. */
export async function mostStaysOutside(t: Stage): Promise<(requests: number) => Promise<LoadFinding>> {
  t.nginx.forget();
  const before = t.nginx.connections().soFar;
  return async (requests) => {
    const seen = t.nginx.seen();
    const files = seen.filter(({ path }) => path === '/' || path.startsWith('/assets')).length;
    const share = seen.length / requests;
    const note = `${seen.length} of ${requests} requests reached Node, over ${t.nginx.connections().soFar - before} new connections`;
    const figure = {
      title: 'share of the requests that reached Node',
      measured: Math.round(share * 1_000) / 1_000,
      limit: mostShare,
      unit: '',
    };
    const failed = (expected: string, seen: string): LoadFinding => ({
      note,
      figure,
      failure: {
        kind: 'target',
        trail: [{ what: `the load run, ${requests} requests of ${requests / requestsOfVisitor} visitors` }],
        expected,
        seen,
        because: 'What others could answer is answered by Node.',
        lookAt: 'which requests does nginx pass on, and how often the same one within a second?',
      },
    });
    if (files > 0) return failed('no request for a file at Node', `${files}`);
    if (share > mostShare) return failed(`at most ${mostShare} of the requests at Node`, share.toFixed(2));
    return { note, figure };
  };
}
