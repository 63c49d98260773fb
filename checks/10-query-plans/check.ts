import { defineCheck } from '../harness/sdk/index.ts';
import { clientBehaviours } from './clients.ts';
import lesson from './lesson.ts';
import { migrationBehaviours } from './migrations.ts';
import { pageBehaviours } from './pages.ts';
import { planBehaviours } from './plans.ts';
import { truthBehaviours } from './truth.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  truthBehaviours(behaviour);
  planBehaviours(behaviour);
  pageBehaviours(behaviour);
  clientBehaviours(behaviour);
  migrationBehaviours(behaviour);
  load();
});
