import type { CheckDefinition } from '../harness/sdk/index.ts';
import { mustBeOwn } from './answers.ts';
import { endsIdle, mustHaveEndedIdle } from './idle-end.ts';
import { brokenHall, isOfBrokenHall } from './poison.ts';
import { Crowd, estimatedCostMs, searchPath, soon } from './searches.ts';
import { inSlowMotion } from './slow-motion.ts';

/** The end of the process. */
export function drainBehaviour(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
  behaviour(
    'drain',
    'SIGTERM lets accepted searches finish, then the process exits with 0',
    {
      because:
        'SIGTERM broke off searches that ran or waited. Every deploy would do that to the customers of that moment.',
      lookAt: 'what does src/server.ts do on SIGTERM, and what does it wait for before it exits?',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
      const app = t.app(1);
      // Of different length: what waits for the first one only breaks off the second.
      const running = [4, 3].slice(0, t.cores);
      const waiting = Array<number>(2 * t.cores).fill(2);
      const parties = [...running, ...waiting];
      const paths = parties.map((party) => searchPath(hall(), party));
      // It throws while others run or wait, and they have to be answered all the same.
      paths.splice(running.length, 0, searchPath(brokenHall, 2));
      const before = app.cpuMs();
      const crowd = new Crowd(t, paths);
      await t.until('the app to search', () => app.cpuMs() - before > 60 || crowd.open < paths.length, soon);
      // Beside the slow motion, in which the cores have little to do.
      const idle = endsIdle(t);
      idle.catch(() => {}); // Reported below.
      app.signal('SIGTERM');
      // As long as a full line of large searches takes, without their cost: long enough for whoever has set a time limit of 5 s.
      const workMs = 0.8 * parties.reduce((sum, party) => sum + estimatedCostMs(party), 0);
      await inSlowMotion(app, { workMs, lastsMs: 5_600, isDone: () => crowd.open === 0 });
      await crowd.settled;
      // The contract names 500 for the broken hall: no such answer is why others have none.
      for (const answer of crowd.answers) if (isOfBrokenHall(answer)) answer.is(500);
      const answers = await crowd.everyAnswer();
      const { steps } = t.trail;
      t.trail.begin('SIGTERM while these searches run or wait, slowed down to 6 s, as on a busy machine:');
      for (const { what, answer } of steps) t.step(what, answer);
      const right = answers.filter((answer) => !isOfBrokenHall(answer));
      // A right search, of a hall that is not broken: whatever 500 it gets now comes of the signal.
      const brokenOff = right.filter((answer) => answer.is(500, 502));
      // The check's own balancer says 502 for a connection that broke.
      const lost = brokenOff.filter(({ status }) => status === 502).length;
      const ended = lost > 0 && (await app.exitedWithin(1_000));
      t.require(brokenOff.length === 0, {
        expected: 'every accepted search to be answered with 200',
        seen:
          lost > 0
            ? `${lost} of ${right.length} without an answer${ended ? `; the process ended with ${app.ending()}` : ''}`
            : `${brokenOff.length} of ${right.length} answered with 500 ${brokenOff[0]?.text.slice(0, 80)}`,
      });
      for (const answer of right) mustBeOwn(t, answer.mustBe(200), []);
      for (const answer of answers)
        if (isOfBrokenHall(answer))
          answer.mustBe(500, { because: 'Its search was accepted and throws: that is 500, also after SIGTERM.' });
      const exited = await app.exitedWithin(10_000);
      t.require(exited && app.exitCode === 0, {
        expected: 'the process to exit with code 0 within 10 s of its last answer',
        seen: exited ? app.ending() : 'it still runs',
        because: exited
          ? 'The answers are out, but the process says that it failed, and whoever supervises it will believe that.'
          : 'The answers are out, but something keeps the process alive: a pool that nobody closed, or a connection.',
      });
      mustHaveEndedIdle(t, await idle);
    },
    { limitMs: 45_000 },
  );
}
