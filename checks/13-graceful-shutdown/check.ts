import { defineCheck } from '../harness/sdk/index.ts';
import { connectionBehaviour } from './connections.ts';
import { deadlineBehaviour } from './deadline.ts';
import { deployBehaviour } from './deploy.ts';
import { drainBehaviours } from './drain.ts';
import { furtherBehaviours } from './further.ts';
import { keepAliveBehaviour } from './keep-alive.ts';
import lesson from './lesson.ts';
import { liveBehaviour } from './live.ts';
import { deployWatch } from './load-watch.ts';
import { readinessBehaviour } from './readiness.ts';
import { noSigterm } from './ready.ts';
import { routeBehaviour } from './routes.ts';
import { warmBehaviour } from './warm.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  routeBehaviour(behaviour);
  deployBehaviour(behaviour);
  drainBehaviours(behaviour);
  connectionBehaviour(behaviour);
  keepAliveBehaviour(behaviour);
  deadlineBehaviour(behaviour);
  liveBehaviour(behaviour);
  readinessBehaviour(behaviour);
  warmBehaviour(behaviour);

  furtherBehaviours(behaviour);

  load((t) => {
    if (process.platform === 'win32') return { skip: noSigterm };
    return { watch: () => deployWatch(t) };
  });
});
