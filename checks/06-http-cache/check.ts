import { type CheckDefinition, defineCheck } from '../harness/sdk/index.ts';
import { errorsBehaviour } from './errors.ts';
import lesson from './lesson.ts';
import { lifetimeBehaviours } from './lifetime.ts';
import { neverKeptBehaviours, partnerBehaviour } from './never-kept.ts';
import { originWatch } from './origin-watch.ts';
import { furtherRepresentationBehaviours, representationBehaviours } from './representation.ts';
import { validationBehaviours } from './validation.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  // The check looks at counts and copies, so nobody needs to wait for the supplier.
  const quickly: CheckDefinition['behaviour'] = (id, title, teaching, act, options) =>
    behaviour(
      id,
      title,
      teaching,
      async (t) => {
        await t.supplier.setLatency(10);
        await act(t);
      },
      options,
    );
  const further: CheckDefinition['behaviour'] = (id, title, teaching, act) =>
    quickly(id, title, teaching, act, { further: true });

  lifetimeBehaviours(quickly);
  validationBehaviours(quickly);
  neverKeptBehaviours(quickly);
  errorsBehaviour(quickly);
  representationBehaviours(quickly);

  partnerBehaviour(further);
  furtherRepresentationBehaviours(further);

  load((t) => ({ watch: () => originWatch(t) }));
});
