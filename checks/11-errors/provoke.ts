import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { ask, type Question, type Reply } from './ask.ts';

export const order = { event: '1', seats: 2, email: 'ada@example.org' };
/** In riga, for which the fee table throws. */
export const rigaOrder = { ...order, event: '9' };
/** What it throws. */
export const feeTableSays = 'no row for riga';
export const plan = 'row A  . . . .\nrow B  . .   .\n';

/** What stands in the place of the plan meanwhile: nothing, a link to itself, which nobody can open, or a folder, which opens and can't be read. */
export async function withoutPlan(
  t: Stage,
  what: 'nothing' | 'loop' | 'folder',
  act: () => Promise<void>,
): Promise<void> {
  const path = t.file('PLAN_FILE');
  rmSync(path, { recursive: true, force: true });
  if (what === 'loop') symlinkSync(path, path);
  if (what === 'folder') mkdirSync(path);
  try {
    await act();
  } finally {
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, plan);
  }
}

export interface Failing {
  what: string;
  reply: Reply;
}

/**
 * Provokes an error in each corner of the app: its parsers, its router, its validation, a handler that throws, one that
 * rejects, a file, the supplier.
 * @param more for each request: its headers.
 */
export async function everyError(
  t: Stage,
  app: Instance,
  more: (what: string) => Question = () => ({}),
): Promise<Failing[]> {
  const failed: Failing[] = [];
  const provoke = async (what: string, method: string, path: string, question: Question = {}) => {
    t.trail.begin();
    const { headers, ...others } = more(what);
    const options = { ...question, ...others, headers: { ...question.headers, ...headers } };
    failed.push({ what, reply: await ask(t, app, method, path, options) });
  };
  await provoke('malformed JSON', 'POST', '/orders', { body: '{"event": ' });
  await provoke('a malformed address', 'GET', '/events/%zz');
  await provoke('an unknown route', 'GET', '/nowhere');
  await provoke('an unknown event', 'GET', '/events/none');
  await provoke('an invalid order', 'POST', '/orders', { body: { ...order, seats: 0 } });
  await provoke('a body that is too large', 'POST', '/orders', { body: { ...order, note: 'x'.repeat(150_000) } });
  await provoke('a handler that throws', 'GET', '/fees/riga');
  await provoke('a handler that rejects', 'POST', '/orders', { body: rigaOrder });
  await withoutPlan(t, 'loop', () => provoke('a file that cannot be read', 'GET', '/plan'));
  await withoutPlan(t, 'nothing', () => provoke('a file that is missing', 'GET', '/plan'));
  for (const how of [500, 503, 'cut', 'garbage', 'refuse', 'null'] as const) {
    await t.supplier.fail(how === 'null' ? { how: 'body', body: how } : { how });
    await provoke(`a supplier that fails (${how})`, 'GET', '/events/1');
    await t.supplier.heal();
  }
  return failed;
}

/** An answer that has begun when its source fails. */
export async function brokenExport(t: Stage, app: Instance, question: Question = {}): Promise<Failing> {
  await t.supplier.fail({ how: 500, route: 'GET /events', after: 1 });
  const reply = await ask(t, app, 'GET', '/export/oslo', question);
  await t.supplier.heal();
  return { what: 'an export that breaks off', reply };
}
