import { defineCheck } from '../harness/sdk/index.ts';
import { afterwardsBehaviours } from './afterwards.ts';
import { clientErrorBehaviours } from './client-errors.ts';
import { drainBehaviours } from './drain.ts';
import { fatalBehaviours } from './fatal.ts';
import { furtherBehaviours } from './further.ts';
import { idBehaviours } from './ids.ts';
import { leakBehaviours } from './leaks.ts';
import lesson from './lesson.ts';
import { lineBehaviours } from './lines.ts';
import { logWatch, provoked } from './load-watch.ts';
import { ownErrorBehaviours } from './own-errors.ts';
import { routeBehaviours } from './routes.ts';
import { secretBehaviours } from './secrets.ts';
import { truncatedBehaviours } from './truncated.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  routeBehaviours(behaviour);
  clientErrorBehaviours(behaviour);
  ownErrorBehaviours(behaviour);
  leakBehaviours(behaviour);
  idBehaviours(behaviour);
  lineBehaviours(behaviour);
  secretBehaviours(behaviour);
  afterwardsBehaviours(behaviour);
  fatalBehaviours(behaviour);
  truncatedBehaviours(behaviour);

  furtherBehaviours(behaviour);
  drainBehaviours(behaviour);

  load((t) => ({ alsoRight: provoked, watch: () => logWatch(t) }));
});
