import type { Instance, Stage } from '../harness/sdk/index.ts';
import { ask, type Question, type Reply } from './ask.ts';
import { hasErrorLine, type LogWatch, newId, watchLog } from './log.ts';
import { order } from './provoke.ts';

/** The app waits for SUPPLIER_TIMEOUT_MS, which is 1.5 s. */
const auditLoggedWithinMs = 2_000;

export const waitsTooLong = {
  because: 'The app waits longer for its supplier than SUPPLIER_TIMEOUT_MS allows. Its clients wait with it.',
  lookAt: 'what ends a call to the supplier that is not answered, or whose answer never ends, and after how long?',
};

/** What an app did whose supplier was late. The wait takes its time once, and several behaviours judge what came of it. */
export interface Late {
  replies: Reply[];
  watch: LogWatch;
  /** Of the requests that were answered with an error. */
  ids: string[];
  /** Whether there is a line of an order whose audit had no answer. */
  auditIsLogged: boolean;
}

export const lates = new WeakMap<Instance, Late>();

/** Each route that needs the supplier. @param more for each request. */
export const askAll = (t: Stage, app: Instance, more: () => Question = () => ({})): Promise<Reply[]> =>
  Promise.all([
    ask(t, app, 'GET', '/events/1', more()),
    ask(t, app, 'POST', '/orders', { ...more(), body: order }),
    ask(t, app, 'GET', '/export/oslo', more()),
  ]);

/** The supplier gives no answer, half of one, or a drop at a time, and none to an audit. Each request has the fault that it met. */
export async function askWhileLate(t: Stage, app: Instance): Promise<Late> {
  const watch = watchLog(app);
  const ids: string[] = [];
  const withId = (): Question => {
    const id = newId('late');
    ids.push(id);
    return { headers: { 'x-request-id': id }, unanswered: waitsTooLong };
  };
  const audited = newId('audit');
  await t.supplier.fail({ how: 'hang', route: 'POST /audit', times: 1 });
  const sold = await ask(t, app, 'POST', '/orders', { body: order, headers: { 'x-request-id': audited } });
  await t.supplier.reset();
  const begun: Promise<Reply[]>[] = [];
  for (const how of ['stall', 'drip'] as const) {
    await t.supplier.fail({ how });
    const three = askAll(t, app, withId);
    three.catch(() => {}); // Awaited below, unless something fails before.
    begun.push(three);
    await t.until('three requests to reach the supplier', async () => {
      const calls = await t.supplier.calls();
      return calls['GET /events/:id'] >= 2 * begun.length && calls['GET /events'] >= begun.length;
    });
  }
  await t.supplier.fail({ how: 'hang' });
  const replies = (await Promise.all([...begun, askAll(t, app, withId)])).flat();
  // Of an order that waits for its audit nothing can be said here.
  const auditIsLogged = sold.status !== 201 || (await hasErrorLine(t, watch, audited, auditLoggedWithinMs));
  await t.supplier.heal();
  const late = { replies, watch, ids, auditIsLogged };
  lates.set(app, late);
  return late;
}
