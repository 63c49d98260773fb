import { once } from 'node:events';
import { connect } from 'node:net';
import { disturbs, keptConnections, MachineWatch, plainRequest, type Stage } from '../harness/sdk/index.ts';
import { isStill } from './stillness.ts';

/** By the contract. */
const withinMs = 5_000;

export interface IdleEnd {
  exited: boolean;
  exitCode: number | null;
  ending: string;
  /** It would have ended, had it got a core. */
  starved: boolean;
}

/**
 * SIGTERM to another process of the app, at which nobody searches. Two connections to it are open: one that has had its answer
 * and is kept, and one that has sent nothing. Leaves no trace in the trail: something else goes on meanwhile.
 */
export async function endsIdle(t: Stage): Promise<IdleEnd | undefined> {
  const app = await t.startExtra();
  const agent = keptConnections(1);
  const { hostname, port } = new URL(app.url);
  const silent = connect(Number(port), hostname.replace(/^\[|\]$/g, ''));
  silent.on('error', () => {});
  try {
    await once(silent, 'connect');
    // Came after it, so the app has accepted that by then.
    await plainRequest(new URL('/health', app.url), { agent }).catch(({ message }) =>
      t.inconclusive(`another process of the app did not answer GET /health: ${message}`),
    );
    const watch = new MachineWatch();
    app.signal('SIGTERM');
    const exited = await app.exitedWithin(withinMs);
    const rests = !exited && (await isStill(app, () => app.exited));
    return {
      exited,
      exitCode: app.exitCode,
      ending: exited ? app.ending() : 'it still runs',
      starved: !exited && !rests && disturbs(watch.otherCoresBusy()),
    };
  } finally {
    silent.destroy();
    agent.destroy();
    await app.kill();
  }
}

export function mustHaveEndedIdle(t: Stage, end: IdleEnd | undefined): void {
  if (!end) return;
  t.trail.begin('SIGTERM while nobody searches; one connection is kept after GET /health, and one has sent nothing');
  if (end.starved) t.inconclusive('the machine was so busy that an idle process took long to end');
  t.require(end.exited && end.exitCode === 0, {
    expected: `the process to exit with code 0 within ${withinMs / 1_000} s`,
    seen: end.ending,
    because: end.exited
      ? 'Nobody was searching, so nothing can have failed. The exit code says something else, and whoever supervises the process will believe that.'
      : 'Nobody searches, and the process goes on: it waits for a connection on which nothing comes. Browsers and balancers open some in advance.',
    lookAt: 'which connections does the app close on SIGTERM, and which one does it forget?',
  });
}
