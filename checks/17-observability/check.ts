import { defineCheck } from '../harness/sdk/index.ts';
import { countBehaviours } from './counts.ts';
import { diagnosisBehaviour } from './diagnosis.ts';
import { durationBehaviours } from './durations.ts';
import { formatBehaviours } from './format.ts';
import { furtherBehaviours } from './further.ts';
import { inFlightBehaviours } from './in-flight.ts';
import lesson from './lesson.ts';
import { provoked, scrapeWatch } from './load-watch.ts';
import { supplierBehaviours } from './suppliers.ts';
import { workerBehaviours } from './workers.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  formatBehaviours(behaviour);
  countBehaviours(behaviour);
  durationBehaviours(behaviour);
  workerBehaviours(behaviour);
  inFlightBehaviours(behaviour);
  supplierBehaviours(behaviour);
  diagnosisBehaviour(behaviour);
  furtherBehaviours(behaviour);

  load((t) => ({ alsoRight: provoked, watch: () => scrapeWatch(t) }));
});
