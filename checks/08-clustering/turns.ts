import type { Instance, Stage } from '../harness/sdk/index.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * Starts one more app with this environment once the one before it listens. Behaviours in the background all begin
 * at once, and twenty processes that start together are slow enough to look like a slow machine.
 */
export function startInTurn(t: Stage, env: Record<string, string>, under?: string[]): Promise<Instance> {
  const started = last.then(() => t.startExtra({ env, ...(under ? { under } : {}) }));
  last = started.catch(() => {});
  return started;
}
