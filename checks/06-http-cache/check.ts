import { type CheckDefinition, defineCheck } from '../harness/sdk/index.ts';
import { cheap304Behaviour } from './cheap-304.ts';
import { errorsBehaviour } from './errors.ts';
import { headBehaviour } from './head.ts';
import { languagesBehaviour } from './languages.ts';
import lesson from './lesson.ts';
import { lifetimeBehaviours } from './lifetime.ts';
import { mapBehaviour } from './map.ts';
import { originWatch } from './origin-watch.ts';
import { partnerBehaviour } from './partners.ts';
import { privateBehaviour } from './private.ts';
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
  cheap304Behaviour(quickly);
  privateBehaviour(quickly);
  errorsBehaviour(quickly);
  languagesBehaviour(quickly);

  partnerBehaviour(further);
  mapBehaviour(further);
  headBehaviour(further);

  load((t) => ({ watch: () => originWatch(t) }));
});
