import type { Probe } from '../measure/probe/probe.ts';
import type { Step } from '../model/trail.ts';
import type { BehaviourFailure } from '../model/verdict.ts';
import type { SeenAnswer } from '../net/balancer.ts';
import type { Run } from '../os/run.ts';

/** What a load run needs of the environment that it is run against, and what is recorded of it. */
export interface LoadScene {
  /** To which Artillery belongs. */
  readonly run: Run;
  /** Where visitors come in. */
  readonly door: { readonly url: string; takeAnswers(): SeenAnswer[] };
  readonly balancer: { stripSecure: boolean };
  readonly instances: readonly { readonly probe: Probe }[];
  readonly supplier: { total(): Promise<number> } | undefined;
  readonly postgres: { statementsSent(): number } | undefined;
  /** The failure of an instance that has died without being told to. */
  crash(trail: Step[]): BehaviourFailure | undefined;
  /** Lines around the last error that the app has printed since then (performance.now()), such as no right app prints. */
  ownFaultSince?(since: number): string[] | undefined;
  /** Throws when one of our own services has died. */
  assertServicesAlive(): Promise<void>;
}
