import { defineCheck } from '../harness/sdk/index.ts';
import { completeBehaviour } from './complete.ts';
import { connectionsBehaviour } from './connections.ts';
import { costBehaviours } from './costs.ts';
import { endsBehaviour } from './ends.ts';
import { freshBehaviour } from './fresh.ts';
import lesson from './lesson.ts';
import { answersBehaviour, limitsBehaviour } from './questions.ts';
import { databaseWatch } from './traffic.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  completeBehaviour(behaviour);
  answersBehaviour(behaviour);
  costBehaviours(behaviour);
  freshBehaviour(behaviour);
  limitsBehaviour(behaviour);
  endsBehaviour(behaviour);
  connectionsBehaviour(behaviour);
  load((t) => ({ watch: () => databaseWatch(t) }));
});
