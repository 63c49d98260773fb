import type { Instance, Stage } from '../harness/sdk/index.ts';

const line: (() => Promise<void>)[] = [];
let isStarting = false;

interface Turn {
  under?: string[] | undefined;
  /** For the behaviour that takes longest: to the front of the line. */
  isUrgent?: boolean;
}

/**
 * One more PM2, on the lesson's Redis past the proxy, which other behaviours slow down. It is started once the one before it
 * listens: behaviours in the background all begin at once, and each start takes a second of a core.
 */
export function startInTurn(
  t: Stage,
  env: NodeJS.Dict<string>,
  { under, isUrgent = false }: Turn = {},
): Promise<Instance> {
  const { promise, resolve, reject } = Promise.withResolvers<Instance>();
  const options = { env: { REDIS_URL: t.redis.directUrl, ...env }, ...(under ? { under } : {}) };
  const start = () => t.startExtra(options).then(resolve, reject);
  if (isUrgent) line.unshift(start);
  else line.push(start);
  if (!isStarting) void startAll();
  return promise;
}

async function startAll(): Promise<void> {
  isStarting = true;
  for (let start = line.shift(); start; start = line.shift()) await start();
  isStarting = false;
}

export const noSignals = 'PM2 asks processes to end with signals, and Windows has none; WSL has';

export function skipOnWindows(t: Stage): void {
  if (process.platform === 'win32') t.skip(noSignals);
}
