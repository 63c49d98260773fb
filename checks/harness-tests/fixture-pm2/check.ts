import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { asksTheSystem } from '../../harness/app/pm2.ts';
import { defineCheck } from '../../harness/runner/check.ts';
import type { Stage } from '../../harness/runner/stage.ts';
import lesson from './lesson.ts';

defineCheck(lesson, ({ behaviour }) => {
  const teaching = { because: 'The mechanism of this behaviour.', lookAt: 'the ecosystem file' };
  const pidOf = async (t: Stage) => Number((await t.visitor({ at: t.app() }).get('/')).mustBe(200).text);

  behaviour('children', 'its children serve', teaching, async (t) => {
    const pid = await pidOf(t);
    const family = t.app().tree(0);
    const isChild = pid !== t.app().pid && family.some((row) => row.pid === pid);
    t.require(isChild, { expected: `a child of ${t.app().pid}`, seen: String(pid) });
  });
  behaviour('alone', 'PM2 runs nothing besides its workers', teaching, async (t) => {
    const workers = 2;
    const seen = new Set<number>();
    // When it first looks at what they use, it asks the system with commands of its own.
    const looks = t.app().pm2?.command('jlist');
    for (const until = performance.now() + 1_000; performance.now() < until; await delay(5))
      for (const { pid } of t.app().tree(0)) if (pid !== t.app().pid && !asksTheSystem(pid)) seen.add(pid);
    await looks;
    t.require(seen.size === workers, { expected: `${workers} children`, seen: `${seen.size} of them` });
  });
  behaviour('reload', 'PM2 does what it is told', teaching, async (t) => {
    const before = t.app().tree(0);
    const end = await t.app().pm2?.command('reload', 'all');
    t.require(end?.ok, { expected: 'exit code 0', seen: end ? `${end.ending} ${end.output.lastLines()}` : 'nothing' });
    const old = t
      .app()
      .tree(0)
      .filter(({ pid }) => pid !== t.app().pid && before.some((row) => row.pid === pid));
    t.require(old.length === 0, { expected: 'new workers', seen: `${old.length} old ones` });
  });
  behaviour('gone', 'where no PM2 is any more, none is started', teaching, async (t) => {
    const { pm2 } = t.app();
    await t.app().kill();
    const end = await pm2?.command('reload', 'all');
    t.require(end === undefined, { expected: 'no command', seen: String(end?.ending) });
  });
  behaviour('again', 'it is started again, in another home', teaching, async (t) => {
    await pidOf(t);
    t.require(existsSync(t.app().pm2?.home ?? ''), { expected: 'a home', seen: 'none' });
  });
});
