import { defineCheck } from '../harness/sdk/index.ts';
import { crashLoopBehaviour } from './crash-loop.ts';
import { firstStartBehaviour } from './first-start.ts';
import { furtherBehaviours } from './further.ts';
import { HangingReload } from './hanging-reload.ts';
import { killedBehaviour } from './killed.ts';
import lesson from './lesson.ts';
import { ordinaryLoad } from './load-watch.ts';
import { memoryBehaviour } from './memory.ts';
import { reloadBehaviour } from './reload.ts';
import { routeBehaviour } from './routes.ts';
import { slowListBehaviour, slowStartBehaviour } from './slow-list.ts';
import { slowOrderBehaviour } from './slow-order.ts';
import { noSignals } from './turns.ts';
import { workerBehaviours } from './workers.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  const hanging = new HangingReload();
  routeBehaviour(behaviour);
  workerBehaviours(behaviour);
  reloadBehaviour(behaviour);
  killedBehaviour(behaviour);
  memoryBehaviour(behaviour);
  slowOrderBehaviour(behaviour);
  crashLoopBehaviour(behaviour);
  slowListBehaviour(behaviour, hanging);

  furtherBehaviours(behaviour);
  slowStartBehaviour(behaviour, hanging);
  firstStartBehaviour(behaviour);

  load((t) => (process.platform === 'win32' ? { skip: noSignals } : { watch: () => ordinaryLoad(t) }));
});
