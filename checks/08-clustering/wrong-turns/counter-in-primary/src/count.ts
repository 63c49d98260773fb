import cluster from 'node:cluster';

const waiting = new Map<number, (visits: number) => void>();
let nextId = 1;

/** In the primary: it alone counts, so no visit is lost between two workers. */
export function countVisits(): void {
  let visits = 0;
  cluster.on('message', (worker, { id, add }: { id: number; add: number }) => {
    visits += add;
    worker.send({ id, visits });
  });
}

/** In a worker: adds visits and learns how many there are. */
export function askForVisits(add: number): Promise<number> {
  if (waiting.size === 0 && nextId === 1) process.on('message', answered);
  const id = nextId++;
  process.send?.({ id, add });
  return new Promise((resolve) => waiting.set(id, resolve));
}

function answered(message: unknown): void {
  const { id, visits } = message as { id: number; visits: number };
  waiting.get(id)?.(visits);
  waiting.delete(id);
}
