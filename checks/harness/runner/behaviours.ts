import { watchOthers } from '../measure/machine.ts';
import type { BehaviourResult, CheckPlan } from '../model/result.ts';
import type { Behaviour } from './behaviour.ts';
import type { Environment } from './environment.ts';
import { judge } from './judge-behaviour.ts';
import { secondLook } from './second-look.ts';

/** What came of a behaviour, and whether other programs kept the machine busy meanwhile. */
interface Watched {
  result: BehaviourResult;
  wasBusy: boolean;
}

export interface BehavioursOptions {
  /** One more environment of the same app, in which a behaviour is judged once more. */
  startAnother: () => Promise<Environment>;
  /** Whether its sources are still those that are being judged. */
  isSameApp: () => boolean;
  /** Begins to watch the machine. */
  watchMachine?: typeof watchOthers;
}

/** The behaviours of a check, in the order in which they are judged, and what came of those that began in the background. */
export class Behaviours {
  readonly core: Behaviour[];
  readonly further: Behaviour[];
  readonly #wanted: Set<Behaviour>;
  readonly #begun = new Map<Behaviour, Promise<Watched>>();
  readonly #mayLookTwice: boolean;
  readonly #options: Required<BehavioursOptions>;

  /** @param plan the last one to judge, or the one; all when that is none of them. */
  constructor(
    declared: Behaviour[],
    { until, only, all }: Pick<CheckPlan, 'until' | 'only' | 'all'>,
    { startAnother, isSameApp, watchMachine = watchOthers }: BehavioursOptions,
  ) {
    this.#options = { startAnother, isSameApp, watchMachine };
    this.core = declared.filter(({ options }) => !options.further);
    this.further = declared.filter(({ options }) => options.further);
    const inOrder = [...this.core, ...this.further];
    const last = inOrder.findIndex(({ id }) => id === (only ?? until));
    this.#wanted = new Set(last < 0 ? inOrder : inOrder.slice(only ? last : 0, last + 1));
    // Who asks for all failures of an app, or for the one of a wrong turn, knows that it is wrong.
    this.#mayLookTwice = !all && !until && !only;
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
      if (one.options.background && this.isWanted(one)) this.#begun.set(one, this.#watched(one, environment));
  }

  /** What came of it: it is judged now if it has not begun, and once more if a busy machine may have made it fail. */
  async outcomeOf(behaviour: Behaviour, environment: Environment): Promise<BehaviourResult> {
    const { result, wasBusy } = await (this.#begun.get(behaviour) ?? this.#watched(behaviour, environment));
    // Somebody who saves meanwhile has another app by now, and what failed was the one before.
    const { isSameApp } = this.#options;
    if (!wasBusy || !this.#mayLookTwice || !isSameApp()) return result;
    const judged = await secondLook(result, () => this.#judgeAnew(behaviour));
    return isSameApp() ? judged : result;
  }

  async #watched(behaviour: Behaviour, environment: Environment): Promise<Watched> {
    const isBusy = this.#options.watchMachine();
    const result = await judge(behaviour, environment);
    return { result, wasBusy: isBusy() };
  }

  async #judgeAnew(behaviour: Behaviour): Promise<BehaviourResult> {
    await using another = await this.#options.startAnother();
    return await judge(behaviour, another);
  }
}
