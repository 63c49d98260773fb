import type { CheckDefinition, Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { ask, serves } from './ask.ts';
import { elsewhere, errorLine, isLevel, type LogWatch, watchLog } from './log.ts';

/** The supplier holds its answers until they are released. */
export const heldMs = 60_000;
const deadlineMs = 500;
/** Several times the deadline, and less than the five seconds that many would write down. */
const goneWithinMs = 3_500;

/** An exception that nobody can catch: the process can't be trusted any more. */
export function fatalBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'fatal',
    'an exception that nobody catches is logged as fatal, and the app exits with 1',
    {
      because:
        'After such an exception nobody knows what state the process is in. A price may be wrong, or a lock held for ever: it has to end.',
      lookAt: 'what does the app do on uncaughtException, and what ends the process then?',
    },
    async (t) => {
      await mustEnd(t);
      await mustEnd(t, 'ECONNRESET', ofASocket);
    },
    { limitMs: 40_000, background: true },
  );

  behaviour(
    'fatal-deadline',
    'after such an exception the app waits no longer than DRAIN_TIMEOUT_MS',
    {
      because:
        'A process that should be gone is kept alive, by a request that is never answered or by one exception after another. Nobody starts a new one meanwhile.',
      lookAt: 'what ends the process when a request in flight does not end, and what could put that off?',
    },
    async (t) => {
      await Promise.all([deadlineMs, 0].map((ms) => mustEndInTime(t, ms)));
    },
    { limitMs: 40_000, background: true },
  );
}

async function mustEnd(t: Stage, code?: string, teaching?: Teaching): Promise<void> {
  const { app } = await startApart(t, deadlineMs);
  const watch = watchLog(app);
  t.trail.begin(`a timer throws${code ? ` an error with the code ${code}` : ''}, and no request is in flight`);
  await throwInTimer(app, code);
  await mustSayWhy(t, watch, teaching);
  await mustExit(t, app, 5_000);
}

const ofASocket = {
  because:
    'Nobody has caught this exception, so nobody knows what it has left half done. Its code says how a connection ended, and not that this did no harm.',
  lookAt: 'which exceptions does the app take for harmless in its handler of uncaughtException?',
};

/** Also with a 0, which is a number like any other. */
async function mustEndInTime(t: Stage, drainTimeoutMs: number): Promise<void> {
  const { app, supplier } = await startApart(t, drainTimeoutMs);
  await supplier.setLatency(heldMs);
  const never = ask(t, app, 'GET', '/events/7', { deadlineMs: 30_000 });
  never.catch(() => {}); // It ends with the app.
  await t.until('the request to reach the supplier', async () => (await supplier.total()) >= 1);
  const watch = watchLog(app);
  const step = `a timer throws every 100 ms while a request waits for ever; DRAIN_TIMEOUT_MS is ${drainTimeoutMs}`;
  const thrownAt = performance.now();
  do await throwInTimer(app);
  while (!(await app.exitedWithin(100)) && performance.now() - thrownAt < goneWithinMs);
  await mustExit(t, app, 0, { sinceMs: goneWithinMs, step });
  t.atMost('from the exception to the exit', performance.now() - thrownAt, goneWithinMs, 'ms');
  await mustSayWhy(t, watch);
}

/** An app and a supplier of its own, which has heard nothing yet. */
export async function startApart(t: Stage, drainTimeoutMs: number) {
  const supplier = await t.startSupplier({ latencyMs: 0, atOnce: 20 });
  const env = {
    SUPPLIER_URL: supplier.url,
    SUPPLIER_TIMEOUT_MS: String(heldMs),
    REFRESH_MS: String(heldMs),
    DRAIN_TIMEOUT_MS: String(drainTimeoutMs),
  };
  const app = await t.startExtra({ env });
  await serves(t, app);
  await t.until('the seats to be refreshed', async () => (await supplier.calls())['GET /stats'] > 0);
  await supplier.reset();
  return { app, supplier };
}

/** An app that dies of it at once gives no answer. */
export async function throwInTimer(app: Instance, code?: string): Promise<void> {
  if (!app.exited) await Promise.race([app.probe.throwInTimer(code).catch(() => {}), app.exitedWithin(5_000)]);
}

export async function mustSayWhy(t: Stage, watch: LogWatch, teaching?: Teaching): Promise<void> {
  await errorLine(
    t,
    watch,
    'a line of level fatal with the stack',
    (line) => isLevel(line, 'fatal'),
    () => ({
      because: 'The process is about to die, or should be, and the log does not say of what.',
      lookAt: 'what does the app print on uncaughtException, on which stream, and with which level?',
      ...teaching,
      ...elsewhere(t, watch),
    }),
  );
}

export async function mustExit(
  t: Stage,
  app: Instance,
  withinMs: number,
  { sinceMs = withinMs, step = '' }: { sinceMs?: number; step?: string } = {},
): Promise<void> {
  const exited = await app.exitedWithin(withinMs);
  t.require(exited, {
    ...(step ? { step } : {}),
    expected: `the app to exit within ${sinceMs / 1_000} s`,
    seen: 'it still runs',
  });
  t.require(app.exitCode === 1, {
    ...(step ? { step } : {}),
    expected: 'exit code 1',
    seen: app.ending(),
    because:
      'Whoever started the app decides by its exit code whether to start it again, and whether to call somebody.',
    lookAt: 'with which code does the process exit?',
  });
}
