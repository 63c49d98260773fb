import { LoopGaps } from '../measure/loop-gaps.ts';
import { disturbs, MachineWatch } from '../measure/machine.ts';
import type { BehaviourResult } from '../model/result.ts';
import type { Step } from '../model/trail.ts';
import { BehaviourFailure, Inconclusive, legible, Skipped } from '../model/verdict.ts';
import { StartFailure } from '../os/start-failure.ts';
import { troubleIn } from '../os/trouble.ts';
import type { Behaviour } from './behaviour.ts';
import type { Environment } from './environment.ts';
import { Stage } from './stage.ts';
import { starvedInstead } from './starved.ts';
import { trueCause } from './true-cause.ts';

/** No behaviour may take longer, unless it says so: then it hangs. */
const defaultLimitMs = 15_000;
/** So many times its limit is what a machine that others keep busy may make of a behaviour. */
const busyStretch = 4;

/** Runs one behaviour against its time limit and names what came of it. Whoever called it repairs the environment. */
export async function judge(
  behaviour: Behaviour,
  environment: Environment,
  stage = new Stage(environment, behaviour.teaching),
): Promise<BehaviourResult> {
  const startedAt = performance.now();
  const limitMs = behaviour.options.limitMs ?? defaultLimitMs;
  let timer: NodeJS.Timeout | undefined;
  const watch = new MachineWatch();
  const gaps = new LoopGaps();
  const limit = new Promise<never>((_, reject) => {
    const isOver = () => {
      const elapsedMs = performance.now() - startedAt;
      // What takes long on a machine that others keep busy need not hang.
      if (elapsedMs < busyStretch * limitMs && disturbs(watch.otherCoresBusy())) {
        timer = setTimeout(isOver, limitMs);
        return;
      }
      const seen = `not finished after ${Math.round(elapsedMs / 1000)} s`;
      reject(
        new BehaviourFailure({
          kind: 'hangs',
          trail: stage.trail.steps,
          expected: 'an end',
          seen,
          ...behaviour.teaching,
        }),
      );
    };
    timer = setTimeout(isOver, limitMs);
  });
  let error: unknown;
  try {
    await Promise.race([behaviour.act(stage), limit]);
  } catch (thrown) {
    const starved =
      thrown instanceof BehaviourFailure &&
      environment.lesson.services.length > 0 && // Where there are none, a 503 is the app's own word.
      starvedInstead(thrown, stage.evidence, gaps, disturbs(watch.otherCoresBusy()));
    error = starved || (thrown instanceof BehaviourFailure ? await trueCause(thrown, stage) : thrown);
    await stage.assertServicesAlive().catch((dead) => (error = dead));
  } finally {
    clearTimeout(timer);
    gaps.close();
    await stage.close();
  }
  const outcome = await outcomeOf(behaviour, startedAt, error, environment, stage.trail.steps);
  return stage.figures.length > 0 ? { ...outcome, figures: stage.figures } : outcome;
}

/** Turns what a behaviour threw into its result. Whatever is not a judgement of the app is our own fault. */
export async function outcomeOf(
  { id, title }: { id: string; title: string },
  startedAt: number,
  thrown: unknown,
  environment: Environment | undefined,
  trail: Step[] = [],
): Promise<BehaviourResult> {
  let error = thrown;
  if (environment) {
    if (error instanceof BehaviourFailure && error.failure.kind !== 'crashed')
      error = environment.crash(trail) ?? error;
    error ??= environment.crash(trail);
    if (error) await environment.assertServicesAlive().catch((serviceError) => (error = serviceError));
  }
  const base = { id, title, elapsedMs: Math.round(performance.now() - startedAt) };
  if (error === undefined) return { ...base, outcome: 'pass' };
  if (error instanceof BehaviourFailure) return { ...base, outcome: 'fail', failure: legible(error.failure) };
  const { message, stack, fix } = error as Error & { fix?: string };
  const withFix = fix ? { fix } : {};
  if (error instanceof Skipped) return { ...base, outcome: 'skipped', reason: message, ...withFix };
  if (error instanceof Inconclusive) return { ...base, outcome: 'inconclusive', reason: message, ...withFix };
  if (error instanceof StartFailure) return { ...base, outcome: 'inconclusive', reason: message, ...withFix };
  const trouble = troubleIn(error);
  if (trouble) return { ...base, outcome: 'inconclusive', reason: trouble.what, fix: trouble.fix };
  return {
    ...base,
    outcome: 'inconclusive',
    reason: `the check itself went wrong: ${stack ?? String(error)}`,
    fix: 'this is a fault of the workshop; please report it with the lines above',
  };
}
