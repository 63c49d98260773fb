import { defineCheck } from '../harness/sdk/index.ts';
import { copyBehaviours } from './copies.ts';
import { expiryBehaviours } from './expiry.ts';
import { keepingBehaviours } from './keeping.ts';
import lesson from './lesson.ts';
import { limitBehaviours } from './limits.ts';
import { overlappingWrites } from './overlapping-writes.ts';
import { overtaking } from './overtaking.ts';
import { readingBehaviours } from './reading.ts';
import { refreshAhead } from './refresh-ahead.ts';
import { refusedWrites } from './refused-writes.ts';
import { routeBehaviours } from './routes.ts';
import { supplierWatch } from './supplier-watch.ts';
import { writeBehaviours } from './writes.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  routeBehaviours(behaviour);
  readingBehaviours(behaviour);
  writeBehaviours(behaviour);
  keepingBehaviours(behaviour);
  expiryBehaviours(behaviour);

  copyBehaviours(behaviour);
  overtaking(behaviour);
  refreshAhead(behaviour);
  overlappingWrites(behaviour);
  refusedWrites(behaviour);
  limitBehaviours(behaviour);

  load((t) => ({ watch: () => supplierWatch(t) }));
});
