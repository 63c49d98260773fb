import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { waitFor } from './patience.ts';
import { startInTurn } from './turns.ts';
import { aWorkerOf, killEach, settled, settledAfterMs, workersOf } from './workers.ts';

/** Follows the output of an app through the death of a worker and its end. */
export async function everyLineHasItsWriter(t: Stage): Promise<void> {
  if (process.platform === 'win32') t.skip('processes can’t be told apart on Windows; WSL can');
  const app = await startInTurn(t, { WEB_CONCURRENCY: '2' });
  await settled(app);
  const first = workersOf(app);
  if (first.length === 0) aWorkerOf(t, app, []);
  await delay(settledAfterMs);
  mustCarry(t, linesOf(app), [app.pid, ...first, ...(await app.probe.read()).processes], 'the app’s output');
  mustAnnounce(t, linesOf(app), first);

  const before = linesOf(app).length;
  const [victim] = first as [number];
  killEach([victim]);
  await waitFor(t, app, {
    what: 'the start of a new worker',
    limitMs: 4_000,
    done: () => workersOf(app).some((pid) => !first.includes(pid)),
  });
  await settled(app);
  const second = workersOf(app);
  // Who is dead writes nothing.
  const living = new Set([app.pid, ...second, ...(await app.probe.read()).processes]);
  living.delete(victim);
  mustCarry(t, linesOf(app).slice(before), living, `the app’s output after SIGKILL to worker ${victim}`);
  mustAnnounce(
    t,
    linesOf(app).slice(before),
    second.filter((pid) => !first.includes(pid)),
  );

  const beforeEnd = linesOf(app).length;
  app.signal('SIGTERM');
  await app.exitedWithin(8_000);
  mustCarry(t, linesOf(app).slice(beforeEnd), living, 'the app’s output after SIGTERM');
}

function linesOf(app: Instance): string[] {
  return app.lastLines(500).filter((line) => !/^\(Use `node /.test(line)); // Node's own, under a warning.
}

const namesError = /\b\w*(?:Error|Exception)\b|^\s+at /;

function mustCarry(t: Stage, lines: string[], pids: Iterable<number>, step: string): void {
  const known = new Set(pids);
  let inError = false;
  const bare = lines.find((line) => {
    const isSigned = pidsIn(line, known).length > 0;
    // The text of an error goes on to the next line that somebody has signed.
    inError = namesError.test(line) || (inError && !isSigned);
    return !isSigned && !inError;
  });
  t.require(bare === undefined, { step, expected: 'in every line the pid of its writer', seen: `“${bare}”` });
}

function mustAnnounce(t: Stage, lines: string[], workers: number[]): void {
  const named = new Set(lines.flatMap((line) => pidsIn(line, new Set(workers))));
  const silent = workers.filter((pid) => !named.has(pid));
  t.require(silent.length === 0, {
    step: 'the app’s output',
    expected: 'a line of every worker, when it starts to serve',
    seen: `${silent.length} of ${workers.length} workers left none`,
    because: 'A worker that starts without a word can’t be found in the log when it matters.',
  });
}

function pidsIn(line: string, known: ReadonlySet<number>): number[] {
  return (line.match(/\d+/g) ?? []).map(Number).filter((number) => known.has(number));
}
