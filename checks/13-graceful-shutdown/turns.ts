import type { Instance, Stage } from '../harness/sdk/index.ts';

interface Waiting {
  lastsMs: number;
  start(): Promise<unknown>;
}

const waiting: Waiting[] = [];
let isStarting = false;

/**
 * One more instance, once the one before it listens. Behaviours in the background all begin at once, and ten processes that
 * start together would slow the deploy down that is going on meanwhile.
 * @param lastsMs how long it is needed, if that is long: the longest comes first, because all wait for it in the end.
 */
export function startInTurn(t: Stage, env: NodeJS.Dict<string>, lastsMs = 0): Promise<Instance> {
  return new Promise((resolve, reject) => {
    waiting.push({ lastsMs, start: () => t.startExtra({ env }).then(resolve, reject) });
    void startNext();
  });
}

async function startNext(): Promise<void> {
  if (isStarting) return;
  isStarting = true;
  for (let next = longest(); next; next = longest()) await next.start();
  isStarting = false;
}

function longest(): Waiting | undefined {
  waiting.sort((a, b) => b.lastsMs - a.lastsMs);
  return waiting.shift();
}
