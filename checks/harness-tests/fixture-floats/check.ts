import { defineCheck } from '../../harness/runner/check.ts';
import lesson from './lesson.ts';

defineCheck(lesson, ({ behaviour }) => {
  const teaching = { because: 'The mechanism of this behaviour.', lookAt: 'the app' };
  behaviour('secret', 'everybody reads the secret, while another request waits', teaching, async (t) => {
    const other = t.visitor({ at: await t.startExtra() }).get('/');
    (await t.visitor().get('/secret')).mustBe(200);
    (await other).mustBe(200);
  });
});
