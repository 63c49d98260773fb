import { setTimeout as delay } from 'node:timers/promises';
import {
  type CheckDefinition,
  disturbs,
  MachineWatch,
  NoReply,
  type PlainReply,
  plainRequest,
} from '../harness/sdk/index.ts';
import { largestParty, patienceMs, searchPath, soon } from './searches.ts';
import { stoppedFor } from './slow-motion.ts';

/** Together longer than the time limits of most examples, which are five and ten seconds. */
const stops = 7;
const stopMs = 1_500;
/** Until the app has heard of the signal. */
const heardMs = 100;
/** Between two stops: the app lives, and gets little done. */
const aliveMs = 5;

/** Mostly waits, so it runs beside the others. */
export function longDrainBehaviour(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
  behaviour(
    'long-drain',
    'SIGTERM waits for a search that takes more than ten seconds',
    {
      because:
        'A time limit ended the process with a search in it. A full queue takes 6 s on two quiet cores, and much longer on a busy machine.',
      lookAt: 'how long does src/server.ts wait after SIGTERM before it forces an end, and who else ends what runs?',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
      const app = await t.startExtra();
      (await t.visitor({ at: app }).get('/health', soon)).mustBe(200);
      const before = app.cpuMs();
      const path = searchPath(hall(), largestParty);
      let reply: PlainReply | NoReply | undefined;
      // Not by a visitor: what becomes of its connection is told here, with what ended the process.
      const asked = plainRequest(new URL(path, app.url), { withinMs: patienceMs + stops * stopMs })
        .catch((error: NoReply) => error)
        .then((outcome) => {
          reply = outcome;
        });
      await t.until('the app to search', () => app.cpuMs() - before > 40 || reply !== undefined, soon);
      app.signal('SIGTERM');
      await delay(heardMs);
      const watch = new MachineWatch();
      for (let n = 0; n < stops && !reply && !app.exited; n++) {
        await stoppedFor(app, stopMs);
        await delay(aliveMs);
      }
      await asked;
      t.trail.begin(`GET ${path}`);
      t.step(`SIGTERM while it searches; for ${(stops * stopMs) / 1_000} s others have all cores`);
      if (reply instanceof NoReply && reply.late && disturbs(watch.otherCoresBusy()))
        t.inconclusive('the machine was too busy to answer the search');
      const lost = reply instanceof NoReply && (await app.exitedWithin(2_000));
      const [status, text] = reply instanceof NoReply ? ['none', reply.message] : [reply?.status, reply?.text];
      t.require(status === 200 && text?.includes('"seats"'), {
        expected: 'the answer to the search',
        seen: lost ? `none; the process ended with ${app.ending()}` : `${status} ${text?.slice(0, 80)}`,
      });
      const exited = await app.exitedWithin(10_000);
      t.require(exited && app.exitCode === 0, {
        expected: 'the process to exit with code 0 within 10 s of its last answer',
        seen: exited ? app.ending() : 'it still runs',
        because: exited
          ? 'The answer is out, but the process says that it failed, and whoever supervises it will believe that.'
          : 'The answer is out, but something keeps the process alive.',
      });
    },
    { limitMs: 90_000, background: true },
  );
}
