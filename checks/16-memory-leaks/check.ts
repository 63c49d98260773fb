import { defineCheck } from '../harness/sdk/index.ts';
import { defaultHeartbeatBehaviour } from './default-heartbeat.ts';
import { newestErrorsBehaviour } from './errors.ts';
import lesson from './lesson.ts';
import { liveBehaviours } from './live.ts';
import { memoryWatch, provoked } from './load-watch.ts';
import { memoryBehaviours, processBehaviour } from './memory.ts';
import { routeBehaviours } from './routes.ts';
import { slowClientsBehaviour } from './slow-clients.ts';
import { smallErrorsBehaviour } from './small-errors.ts';
import { underWayBehaviours } from './under-way.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  routeBehaviours(behaviour);
  processBehaviour(behaviour);
  newestErrorsBehaviour(behaviour);
  smallErrorsBehaviour(behaviour);
  memoryBehaviours(behaviour);
  liveBehaviours(behaviour);
  slowClientsBehaviour(behaviour);
  underWayBehaviours(behaviour);
  defaultHeartbeatBehaviour(behaviour);

  load((t) => ({ alsoRight: provoked, watch: () => memoryWatch(t) }));
});
