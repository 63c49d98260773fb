import { defineCheck } from '../harness/sdk/index.ts';
import { answerBehaviours } from './answers.ts';
import { breakBehaviours } from './breaks.ts';
import { deathBehaviours } from './deaths.ts';
import { halfOrderBehaviours } from './half-orders.ts';
import { keyBehaviours } from './keys.ts';
import lesson from './lesson.ts';
import { everyEmailArrives } from './load-watch.ts';
import { outageBehaviours } from './outages.ts';
import { ownerBehaviours } from './owners.ts';
import { pileBehaviours } from './pile.ts';
import { refusalBehaviours } from './refusals.ts';
import { stopBehaviours } from './stops.ts';
import { workerPairBehaviours } from './worker-pair.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  answerBehaviours(behaviour);
  deathBehaviours(behaviour);
  refusalBehaviours(behaviour);
  ownerBehaviours(behaviour);
  outageBehaviours(behaviour);

  keyBehaviours(behaviour);
  breakBehaviours(behaviour);
  stopBehaviours(behaviour);
  workerPairBehaviours(behaviour);
  halfOrderBehaviours(behaviour);
  pileBehaviours(behaviour);

  load((t) => ({ watch: () => everyEmailArrives(t) }));
});
