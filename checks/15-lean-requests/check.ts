import { defineCheck } from '../harness/sdk/index.ts';
import { bodyBehaviours } from './bodies.ts';
import { compressedBehaviour } from './compressed.ts';
import { contentTypeBehaviours } from './content-types.ts';
import { cpuBehaviour, listLoad } from './cost.ts';
import { documentedBehaviour } from './documented.ts';
import { fieldsBehaviour } from './fields.ts';
import { freshBehaviour } from './fresh.ts';
import lesson from './lesson.ts';
import { queriesBehaviour } from './queries.ts';
import { redisBehaviour } from './redis.ts';
import { routesBehaviour } from './routes.ts';
import { searchBehaviour } from './search.ts';
import { slowRequestsBehaviour } from './slow-requests.ts';
import { utf8Behaviour } from './utf8.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  routesBehaviour(behaviour);
  redisBehaviour(behaviour);
  bodyBehaviours(behaviour);
  contentTypeBehaviours(behaviour);
  fieldsBehaviour(behaviour);
  queriesBehaviour(behaviour);
  searchBehaviour(behaviour);
  documentedBehaviour(behaviour);
  freshBehaviour(behaviour);
  cpuBehaviour(behaviour);

  utf8Behaviour(behaviour);
  slowRequestsBehaviour(behaviour);
  compressedBehaviour(behaviour);

  load(listLoad);
});
