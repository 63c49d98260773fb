import cluster, { type Worker } from 'node:cluster';
import { createServer, type ServerResponse } from 'node:http';
import { AggregatorRegistry } from 'prom-client';
import { log } from './log.ts';
import { IN_FLIGHT, registry } from './metrics.ts';

/** A worker that does not answer in this time is busy or ending. Then what it said last is used. */
const PATIENCE_MS = 500;

/** What getMetricsAsJSON() says, as far as it matters here. */
export type Snapshot = { name: string; values: unknown[] }[];

/** The last that each living worker has said. */
const living = new Map<number, Snapshot>();

/** Who waits for an answer, by worker. */
const waiting = new Map<number, Set<() => void>>();

/** The sum of those that have ended. It begins with what the primary has: all metrics, at zero. */
let ended = registry.getMetricsAsJSON() as Promise<Snapshot>;

export function serveMetrics(port: number): void {
  cluster.on('message', (worker, message: { kind?: string; snapshot?: Snapshot } | undefined) => {
    if (message?.kind !== 'counted' || !message.snapshot) return;
    living.set(worker.id, worker.isDead() ? withoutRequests(message.snapshot) : message.snapshot);
    answered(worker.id);
  });
  // The end of the process and the end of its messages come in any order. Its requests end with the first, and it is
  // added to the ended ones with the last.
  cluster.on('exit', (worker) => {
    const snapshot = living.get(worker.id);
    if (snapshot) living.set(worker.id, withoutRequests(snapshot));
    answered(worker.id);
    if (!worker.isConnected()) bury(worker.id);
  });
  cluster.on('disconnect', (worker) => {
    if (worker.isDead()) bury(worker.id);
  });

  createServer((req, res) => {
    const path = (req.url ?? '').split('?', 1)[0];
    if (req.method === 'GET' && path === '/metrics') {
      answer(res).catch((error: Error) => {
        log(`no scrape: ${error.stack}`);
        res.writeHead(500).end();
      });
    } else {
      res.writeHead(404).end();
    }
  }).listen(port);
}

/** Asks a worker what it has counted by now, and waits until it has said so. */
function ask(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const all = waiting.get(worker.id) ?? new Set<() => void>();
    waiting.set(worker.id, all);
    const done = () => {
      clearTimeout(patience);
      all.delete(done);
      resolve();
    };
    const patience = setTimeout(done, PATIENCE_MS);
    all.add(done);
    // A worker that is just ending can't be asked. That is no error: its last words are on their way.
    worker.send({ kind: 'what have you counted?' }, () => {});
  });
}

function answered(id: number): void {
  for (const done of waiting.get(id) ?? []) done();
  waiting.delete(id);
}

async function answer(res: ServerResponse): Promise<void> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected()) as Worker[];
  await Promise.all(workers.map(ask));
  // Both at the same moment, or a worker that ends between them would be in neither.
  const now = [...living.values()];
  const sum = AggregatorRegistry.aggregate([await ended, ...now]);
  const text = await sum.metrics();
  res.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
}

function bury(id: number): void {
  const snapshot = living.get(id);
  if (!snapshot) return;
  living.delete(id);
  ended = ended.then(
    (before) => AggregatorRegistry.aggregate([before, snapshot]).getMetricsAsJSON() as Promise<Snapshot>,
  );
}

function withoutRequests(snapshot: Snapshot): Snapshot {
  return snapshot.filter(({ name }) => name !== IN_FLIGHT);
}
