import { defineCheck } from '../harness/sdk/index.ts';
import { answerBehaviours } from './answers.ts';
import { breakBehaviours } from './breaks.ts';
import { connectionBehaviours } from './connections.ts';
import { deathBehaviours } from './deaths.ts';
import { halfOrderBehaviours } from './half-orders.ts';
import { keyBehaviours } from './keys.ts';
import lesson from './lesson.ts';
import { everyEmailArrives } from './load-watch.ts';
import { outageBehaviours } from './outages.ts';
import { queueBehaviours } from './queue.ts';
import { refusalBehaviours } from './refusals.ts';
import { stopBehaviours } from './stops.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  answerBehaviours(behaviour);
  deathBehaviours(behaviour);
  refusalBehaviours(behaviour);
  keyBehaviours(behaviour);
  outageBehaviours(behaviour);
  stopBehaviours(behaviour);
  connectionBehaviours(behaviour);

  queueBehaviours(behaviour);
  breakBehaviours(behaviour);
  halfOrderBehaviours(behaviour);

  load((t) => ({ watch: () => everyEmailArrives(t) }));
});
