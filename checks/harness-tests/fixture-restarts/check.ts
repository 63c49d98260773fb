import { defineCheck } from '../../harness/runner/check.ts';
import type { Stage } from '../../harness/runner/stage.ts';
import lesson from './lesson.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  const teaching = { because: 'The mechanism of this behaviour.', lookAt: 'the app' };
  const asksAndEnds = async (t: Stage) => {
    (await t.visitor().get('/')).mustBe(200);
    t.app().signal('SIGKILL');
    await t.until('the app to end', () => t.app().exited);
  };
  behaviour('first', 'the app is ended for the first time', teaching, asksAndEnds);
  behaviour('second', 'the app is ended for the second time', teaching, asksAndEnds);
  behaviour('third', 'the app is ended for the third time', teaching, asksAndEnds);
  load();
});
