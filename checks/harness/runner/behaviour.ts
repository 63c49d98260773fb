import type { Teaching } from '../model/verdict.ts';
import type { Stage } from './stage.ts';

export interface BehaviourOptions {
  /** When it counts as a hang. */
  limitMs?: number;
  /** Starts when the check starts and is reported at its place: for what mostly waits. */
  background?: boolean;
  /** Beyond the core: judged after a pass, with an outcome of its own. */
  further?: boolean;
}

/** A behaviour as a `check.ts` declares it. */
export interface Behaviour {
  /** Stable; wrong turns and hints refer to it. */
  id: string;
  /** A sentence that is true of a right app. */
  title: string;
  teaching: Teaching;
  act: (t: Stage) => Promise<void>;
  options: BehaviourOptions;
}
