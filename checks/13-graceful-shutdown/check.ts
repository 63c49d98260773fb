import { defineCheck } from '../harness/sdk/index.ts';
import { connectionBehaviours } from './connections.ts';
import { deadlineBehaviour } from './deadline.ts';
import { deployBehaviour } from './deploy.ts';
import { drainBehaviours } from './drain.ts';
import { furtherBehaviours } from './further.ts';
import { healthBehaviours } from './health.ts';
import lesson from './lesson.ts';
import { deployWatch } from './load-watch.ts';
import { noSigterm } from './ready.ts';
import { routeBehaviour } from './routes.ts';
import { warmBehaviour } from './warm.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  routeBehaviour(behaviour);
  deployBehaviour(behaviour);
  drainBehaviours(behaviour);
  connectionBehaviours(behaviour);
  deadlineBehaviour(behaviour);
  healthBehaviours(behaviour);
  warmBehaviour(behaviour);

  furtherBehaviours(behaviour);

  load((t) => {
    if (process.platform === 'win32') return { skip: noSigterm };
    return { watch: () => deployWatch(t) };
  });
});
