import type { BehaviourResult, CheckPlan } from '../model/result.ts';
import type { Behaviour } from './behaviour.ts';
import type { Environment } from './environment.ts';
import { judge } from './judge-behaviour.ts';

/** The behaviours of a check, in the order in which they are judged, and what came of those that began in the background. */
export class Behaviours {
  readonly core: Behaviour[];
  readonly further: Behaviour[];
  readonly #wanted: Set<Behaviour>;
  readonly #begun = new Map<Behaviour, Promise<BehaviourResult>>();

  /** @param plan the last one to judge, or the one; all when that is none of them. */
  constructor(declared: Behaviour[], { until, only }: Pick<CheckPlan, 'until' | 'only'>) {
    this.core = declared.filter(({ options }) => !options.further);
    this.further = declared.filter(({ options }) => options.further);
    const inOrder = [...this.core, ...this.further];
    const last = inOrder.findIndex(({ id }) => id === (only ?? until));
    this.#wanted = new Set(last < 0 ? inOrder : inOrder.slice(only ? last : 0, last + 1));
  }

  isWanted(behaviour: Behaviour): boolean {
    return this.#wanted.has(behaviour);
  }

  /** After it, what has begun in the background is only waited for. */
  get lastInForeground(): Behaviour | undefined {
    return this.core.findLast(({ options }) => !options.background);
  }

  /** Begins those of the background. */
  begin(some: Behaviour[], environment: Environment): void {
    for (const one of some)
      if (one.options.background && this.isWanted(one)) this.#begun.set(one, judge(one, environment));
  }

  /** What came of it: it is judged now if it has not begun. */
  async outcomeOf(behaviour: Behaviour, environment: Environment): Promise<BehaviourResult> {
    return this.#begun.get(behaviour) ?? judge(behaviour, environment);
  }
}
