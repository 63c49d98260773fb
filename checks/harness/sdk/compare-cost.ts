import { disturbs, MachineWatch } from '../measure/machine.ts';
import { type Block, type Ruling, ruleOn } from '../measure/ruling.ts';
import { tell } from '../model/check-events.ts';
import { Inconclusive, type Teaching } from '../model/verdict.ts';
import { BadAnswer, ClosedLoop, type Turn } from '../net/closed-loop.ts';
import type { Instance } from '../runner/environment.ts';
import type { Stage } from '../runner/stage.ts';

export interface CostComparison {
  /** What is measured, as the learner reads it: "CPU time of a listing". */
  what: string;
  turn: Turn;
  /** What has happened before, to each of the three alike: an app that keeps something of each call has it by then. */
  history?: { turn: Turn; turns: number };
  /** The share of the starter's cost that is allowed; half-way to the solution when it is left out. */
  limitOfStarter?: number;
  /** Sentences that fit what was measured, where the behaviour's own don't. */
  teaching?: (learnerOfStarter: number) => Partial<Teaching>;
}

const clients = 8;
/** The same number for every arm: what V8 has compiled by then must not differ. */
const warmUpTurns = 48;
/**
 * A window of this length holds hundreds of cheap turns. It may hold few dear ones: as CPU time is taken over all of
 * them, from an idle app to an idle app, its error is about the same.
 */
const windowMs = 300;
/** Three to ten times what it takes on a quiet machine, and less than a behaviour that compares may take. */
const budgetMs = 50_000;

/**
 * Compares what the learner's app costs in CPU time with our solution and with the starter, all freshly started, and
 * fails the behaviour when it is too much. Never against a figure in milliseconds: those differ from machine to machine.
 */
export async function compareCost(
  t: Stage,
  comparison: CostComparison,
  { watch = new MachineWatch(), timeMs = budgetMs }: Circumstances = {},
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // On a quiet machine it is the app that takes so long, and the limit of the behaviour says so.
      if (disturbs(watch.otherCoresBusy())) reject(tooBusy());
    }, timeMs);
  });
  try {
    await Promise.race([compare(t, comparison, watch), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** For tests. */
interface Circumstances {
  watch?: Pick<MachineWatch, 'otherCoresBusy'>;
  timeMs?: number;
}

function tooBusy(): Inconclusive {
  return new Inconclusive(
    'other programs kept the machine so busy that the CPU time could not be compared',
    'close other programs and check again',
  );
}

async function compare(t: Stage, comparison: CostComparison, watch: Pick<MachineWatch, 'otherCoresBusy'>) {
  const { what, turn, history, limitOfStarter, teaching } = comparison;
  const [learner, solution, starter] = await Promise.all([
    t.startExtra().then((app) => new Arm(t, app, { turn, watch })),
    t.startReference('solution').then((app) => new Arm(t, app, { turn, watch, ours: 'our solution' })),
    t.startReference('starter').then((app) => new Arm(t, app, { turn, watch, ours: 'the starter' })),
  ]);
  await Promise.all([learner, solution, starter].map((arm) => arm.pastStart()));
  tell({ type: 'doing', text: 'warming up your app, our solution and the starter' });
  if (history) await Promise.all([learner, solution, starter].map((arm) => arm.passThrough(history)));
  await Promise.all([learner, solution, starter].map((arm) => arm.warmUp()));
  const blocks: Block[] = [];
  let ruling: Ruling = { state: 'undecided' };
  while (ruling.state === 'undecided') {
    tell({
      type: 'doing',
      text: `comparing the CPU time of your app, our solution and the starter: ${blocks.length + 1}`,
    });
    // Forth and back, and the next time the other way round: what drifts meanwhile meets both alike.
    const [first, second] = blocks.length % 2 === 0 ? [learner, solution] : [solution, learner];
    const forth = [await first.window(), await second.window()];
    const ofStarter = await starter.window();
    const back = [await second.window(), await first.window()];
    const ofFirst = [forth[0], back[1]] as [number, number];
    const ofSecond = [forth[1], back[0]] as [number, number];
    blocks.push({
      learner: first === learner ? ofFirst : ofSecond,
      solution: first === learner ? ofSecond : ofFirst,
      starter: ofStarter,
    });
    ruling = ruleOn(blocks, limitOfStarter);
  }
  t.step(`${blocks.length * 2} × ${windowMs} ms of requests to it, beside our solution and the starter`);
  if (ruling.state === 'inconclusive') t.inconclusive(`the CPU time could not be compared: ${ruling.reason}`);
  const percent = (share: number) => Math.round(share * 1000) / 10;
  const limit = percent(ruling.limitOfStarter);
  const measured = percent(ruling.learnerOfStarter);
  const title = `${what}, compared with the starter (our solution: ${Math.round(ruling.solutionOfStarter * 100)} %)`;
  // The votes have decided; rounding must not.
  const shown = ruling.state === 'within' ? Math.min(measured, limit) : Math.max(measured, limit + 0.1);
  t.atMost(title, shown, limit, '%', teaching?.(ruling.learnerOfStarter));
}

/** One of the three apps, with the clients that ask it. */
class Arm {
  readonly #t: Stage;
  readonly #app: Instance;
  readonly #loop: ClosedLoop;
  /** Set for what is ours, which nobody is blamed for. */
  readonly #ours: string | undefined;
  readonly #watch: Pick<MachineWatch, 'otherCoresBusy'>;

  constructor(
    t: Stage,
    app: Instance,
    { turn, watch, ours }: { turn: Turn; watch: Pick<MachineWatch, 'otherCoresBusy'>; ours?: string },
  ) {
    this.#t = t;
    this.#app = app;
    this.#watch = watch;
    this.#loop = new ClosedLoop(app.url, turn, clients);
    this.#ours = ours;
  }

  /** An app that is still getting ready answers 503, and these clients don't ask again. */
  pastStart(): Promise<void> {
    return this.#app.pastStart();
  }

  async passThrough({ turn, turns }: { turn: Turn; turns: number }): Promise<void> {
    await this.#run({ atLeastTurns: turns }, new ClosedLoop(this.#app.url, turn, clients));
  }

  async warmUp(): Promise<void> {
    await this.#run({ atLeastTurns: warmUpTurns });
  }

  /** CPU milliseconds of a turn, read from inside the process, which is idle before and after. */
  async window(): Promise<number> {
    const before = await this.#app.probe.cpuMs();
    const turns = await this.#run({ forMs: windowMs });
    return ((await this.#app.probe.cpuMs()) - before) / turns;
  }

  async #run(length: { forMs?: number; atLeastTurns?: number }, loop = this.#loop): Promise<number> {
    try {
      return await loop.run(length);
    } catch (error) {
      if (!(error instanceof BadAnswer)) throw error;
      if (this.#ours) this.#t.inconclusive(`${this.#ours} did not do its part: ${error.message.replace('\t', ' ')}`);
      if (error.late && disturbs(this.#watch.otherCoresBusy())) throw tooBusy();
      const [call = '', seen = ''] = error.message.split('\t');
      return this.#t.require(false, {
        step: `${call}, ${clients} clients at a time`,
        expected: 'a 2xx answer',
        seen,
        because: 'Asked by several clients at a time, the app does not answer as it does when it is asked by one.',
      }) as never;
    }
  }
}
