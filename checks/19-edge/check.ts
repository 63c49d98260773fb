import { defineCheck } from '../harness/sdk/index.ts';
import { bodyBehaviours } from './bodies.ts';
import { cacheBehaviours } from './cache.ts';
import { clientBehaviours } from './client.ts';
import { clusterBehaviours } from './cluster.ts';
import { furtherBehaviours } from './further.ts';
import { imageBehaviours } from './image.ts';
import lesson from './lesson.ts';
import { mostStaysOutside } from './load-watch.ts';
import { reloadBehaviour } from './reload.ts';
import { staticBehaviours } from './static.ts';
import { upstreamBehaviours } from './upstream.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  staticBehaviours(behaviour);
  upstreamBehaviours(behaviour);
  clientBehaviours(behaviour);
  bodyBehaviours(behaviour);
  cacheBehaviours(behaviour);
  reloadBehaviour(behaviour);
  imageBehaviours(behaviour);
  clusterBehaviours(behaviour);

  furtherBehaviours(behaviour);

  load((t) => ({ watch: () => mostStaysOutside(t) }));
});
