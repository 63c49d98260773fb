import { defineCheck } from '../../harness/runner/check.ts';
import lesson from './lesson.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  const teaching = { because: 'The mechanism of this behaviour.', lookAt: 'the app' };
  behaviour(
    'rolls',
    'each instance is replaced, and the balancer sends requests to the new ones',
    teaching,
    async (t) => {
      const old = [t.app(1), t.app(2)];
      for (const number of [1, 2]) {
        const { old: ended, failure, isReady, noticedMs, endedMs } = await t.roll(number);
        t.require(ended === old[number - 1] && ended.exited && !failure, { expected: 'an end', seen: ended.ending() });
        t.require(isReady && t.app(number) !== ended, { expected: 'a new instance', seen: 'none' });
        t.require(noticedMs >= 0 && endedMs >= 0, { expected: 'times', seen: `${noticedMs}, ${endedMs}` });
        const answer = await t.visitor().get('/', { on: number });
        answer.mustBe(200);
      }
      t.require(
        old.every((app) => t.apps.includes(app)),
        { expected: 'the old ones among the apps', seen: 'not' },
      );
    },
  );
  load();
});
