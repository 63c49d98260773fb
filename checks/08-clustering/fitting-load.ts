import { disturbs, type LoadFinding, type LoadShape, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { eventIds } from './reference.ts';
import { inTurns, mustAnswer } from './requests.ts';
import { cpuByPid, settled, usedSince, workersByDefault } from './workers.ts';

/** What the front page asks for at once, in load.yml. */
const quotesAPage = 8;
/** More is no use: one process has long been too little, and Artillery has its limits. */
const mostQuotesPerSecond = 400;
/**
 * Of the cores that are free. With the load generator and as much foreign work as is not yet called a disturbance, two
 * cores are still not full: at two thirds, a right app missed its target. Who did the work is counted in any case.
 */
const quietShare = 0.5;
/** When somebody else keeps a core busy, one process would do. Then only counts who did the work. */
const busyShare = 0.3;
/** More than that of all the work is not shared. */
const mostOfOne = 0.85;

/** Arrivals that need more than one core, by what a quote costs here. */
export async function fittingLoad(t: Stage): Promise<LoadShape> {
  const workers = workersByDefault(t);
  if (workers < 2) {
    const why = t.cores < 2 ? 'this machine has one core' : 'WEB_CONCURRENCY is 1';
    return { skip: `${why}, so there is nothing to gain from a second worker` };
  }
  const app = t.app(1);
  await settled(app);
  const watch = new MachineWatch();
  const before = cpuByPid(app);
  const quotes = 48;
  try {
    await inTurns(4, Array(quotes).keys(), (i) => mustAnswer(t, app, 'GET', `/quote/${eventIds[i % eventIds.length]}`));
  } catch {
    return {}; // An app that does not answer: the load of load.yml says so.
  }
  const used = usedSince(before, app);
  const costMs = used.reduce((sum, { ms }) => sum + ms, 0) / quotes;
  const spreads = (sharesOf(used)[0] ?? 1) <= mostOfOne;
  const others = watch.otherCoresBusy() ?? 0;
  const busy = disturbs(others);
  const free = Math.max(0.4, Math.min(workers, t.cores - others));
  const cores = free * (busy ? busyShare : quietShare);
  const quotesPerSecond = Math.min(mostQuotesPerSecond, (cores * 1_000) / costMs);
  const pagesEach = Math.ceil(quotesPerSecond / quotesAPage / 25); // Artillery spins from about 40 arrivals/s on.
  const arrivalRate = Math.ceil(quotesPerSecond / quotesAPage / pagesEach);
  const perSecond = arrivalRate * quotesAPage * pagesEach;
  const needs = `one quote costs ${costMs.toFixed(1)} ms of CPU here: ${perSecond} quotes/s need ${((perSecond * costMs) / 1_000).toFixed(1)} cores`;
  return {
    phases: [{ duration: 5, arrivalRate }],
    variables: { pagesEach },
    note: busy ? `${needs}, no more because other programs keep the machine busy` : needs,
    watch: async () => {
      const atStart = cpuByPid(app);
      return async () => sharedWork(usedSince(atStart, app), spreads);
    },
  };
}

/** What part of the work each process did, largest first; without those that only watched. */
function sharesOf(used: { ms: number }[]): number[] {
  const totalMs = used.reduce((sum, { ms }) => sum + ms, 0);
  return used.map(({ ms }) => ms / totalMs).filter((share) => share > 0.05);
}

/**
 * Counts who did the work, which no other program can bend. A small load has few connections, and they are kept: where
 * the kernel deals them out, one worker may get nearly all by chance. So an app that spreads fresh ones has shared.
 */
function sharedWork(used: { ms: number }[], spreads: boolean): LoadFinding {
  const shares = sharesOf(used);
  const percents = shares.map((share) => `${Math.round(share * 100)} %`).join(', ');
  const note = shares.length > 1 ? `${shares.length} processes shared the work: ${percents}` : 'one process did it all';
  if (spreads || (shares[0] ?? 1) <= mostOfOne) return { note };
  return {
    note,
    failure: {
      kind: 'target',
      trail: [{ what: 'the load run' }],
      expected: `no process to do more than ${mostOfOne * 100} % of the work`,
      seen: note,
      because: 'One process does the work, on one core, and the others wait.',
      lookAt: 'which process accepts a connection, and for how long does it keep it?',
    },
  };
}
