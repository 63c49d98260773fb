import { type CheckDefinition, defineCheck } from '../harness/sdk/index.ts';
import lesson from './lesson.ts';
import { lifetimeBehaviours } from './lifetime.ts';
import { neverKeptBehaviours } from './never-kept.ts';
import { originWatch } from './origin-watch.ts';
import { representationBehaviours } from './representation.ts';
import { validationBehaviours } from './validation.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  // What is judged here are counts and copies, so nobody needs to wait for the supplier.
  const quickly: CheckDefinition['behaviour'] = (id, title, teaching, act) =>
    behaviour(id, title, teaching, async (t) => {
      await t.supplier.setLatency(10);
      await act(t);
    });
  lifetimeBehaviours(quickly);
  validationBehaviours(quickly);
  neverKeptBehaviours(quickly);
  representationBehaviours(quickly);
  load((t) => ({ watch: () => originWatch(t) }));
});
