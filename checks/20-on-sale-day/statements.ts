import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresHandle, Stage } from '../harness/sdk/index.ts';
import type { Asked } from './ask.ts';

export const times = 5;
/** As many statements has a list that was never answered. */
export const notAnswered = 99;

/** The middle one of some tries, because a worker may ask for its work just then. */
export async function statementsOf(t: Stage, act: () => Promise<Asked>): Promise<number> {
  const counts: number[] = [];
  for (let n = 0; n < times; n++) {
    await delay(50);
    const before = t.postgres.statementsSent();
    const { status } = await act();
    if (status === 200) counts.push(t.postgres.statementsSent() - before);
  }
  // An answer that was kept takes none; the one that is made anew is judged, and two beside it may be others'.
  return counts.length > 0 ? (counts.sort((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0) : notAnswered;
}

/** How many statements a try takes that are not those of a shop at rest. */
export async function ownStatementsOf(t: Stage, act: () => Promise<unknown>, idle: readonly Cost[]): Promise<number> {
  const seen = await named(t, async () => {
    for (let n = 0; n < times; n++) await act();
  });
  const atRest = new Map(idle.map(({ query, calls }) => [query, calls]));
  // On a busy machine the tries take longer than that second.
  const own = seen.map(({ query, calls }) => Math.max(0, calls - 3 * (atRest.get(query) ?? 0)));
  return own.reduce((sum, calls) => sum + calls, 0) / times;
}

export interface Cost {
  query: string;
  pages: number;
  calls: number;
}

/** The statements meanwhile, with the pages of each. */
export async function named(t: Stage, act: () => Promise<unknown>): Promise<Cost[]> {
  await t.postgres.resetStatements();
  await act();
  const all: Awaited<ReturnType<PostgresHandle['statements']>> = await t.postgres.statements();
  return all
    .map(({ query, blocks, calls }) => ({ query, calls, pages: Math.round(blocks / Math.max(1, calls)) }))
    .sort((one, other) => other.pages - one.pages);
}
