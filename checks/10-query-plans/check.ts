import { defineCheck } from '../harness/sdk/index.ts';
import { clientBehaviours } from './clients.ts';
import { connectionsBehaviour } from './connections.ts';
import { injectionBehaviour } from './injection.ts';
import lesson from './lesson.ts';
import { migrationBehaviours } from './migrations.ts';
import { pageBehaviours } from './pages.ts';
import { planBehaviours } from './plans.ts';
import { timeLimitBehaviour } from './time-limit.ts';
import { truthBehaviours } from './truth.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  truthBehaviours(behaviour);
  planBehaviours(behaviour);
  pageBehaviours(behaviour);
  clientBehaviours(behaviour);
  timeLimitBehaviour(behaviour);
  connectionsBehaviour(behaviour);
  injectionBehaviour(behaviour);
  migrationBehaviours(behaviour);
  load();
});
