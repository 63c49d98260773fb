import { defineCheck } from '../harness/sdk/index.ts';
import { expiryBehaviours, spreadBehaviour } from './expiry.ts';
import { lateAnswerBehaviours } from './late-answers.ts';
import lesson from './lesson.ts';
import { outageBehaviours } from './outages.ts';
import { redisDownBehaviours } from './redis-down.ts';
import { slowRedisBehaviour } from './redis-slow.ts';
import { refreshBehaviour } from './refreshes.ts';
import { routeBehaviours } from './routes.ts';
import { sharingBehaviours } from './sharing.ts';
import { supplierWatch } from './supplier-watch.ts';
import { takeOverBehaviour } from './take-over.ts';
import { valueBehaviours } from './values.ts';
import { writeBehaviours } from './writes.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  routeBehaviours(behaviour);
  sharingBehaviours(behaviour);
  writeBehaviours(behaviour);
  expiryBehaviours(behaviour);
  outageBehaviours(behaviour);
  redisDownBehaviours(behaviour);

  lateAnswerBehaviours(behaviour);
  refreshBehaviour(behaviour);
  spreadBehaviour(behaviour);
  valueBehaviours(behaviour);
  takeOverBehaviour(behaviour);
  slowRedisBehaviour(behaviour);

  load(async (t) => {
    await t.restart(undefined, { env: { CACHE_TTL_S: '3' } });
    return { watch: () => supplierWatch(t) };
  });
});
