import { defineCheck } from '../harness/sdk/index.ts';
import lesson from './lesson.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  // TODO One or more for each line of the contract, in its order; the ones beyond the core with { further: true }, last.
  behaviour(
    'healthy',
    'the health check answers',
    { because: 'TODO the mechanism, in one sentence that is true whenever this fails.', lookAt: 'TODO where to look?' },
    async (t) => {
      const { text } = (await t.visitor().get('/health')).mustBe(200);
      t.require(text === 'ok', { expected: 'ok', seen: text });
    },
  );
  load();
});
