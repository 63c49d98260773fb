import type { PhaseTimes } from './phases.ts';
import type { Failure, Outcome, Verdict } from './verdict.ts';

/** Raised when a field changes its meaning or goes away; new fields don't raise it. Described in docs: CONTRIBUTING.md. */
export const resultSchemaVersion = 2;

/** Something measured against a limit. */
export interface Figure {
  title: string;
  measured: number;
  limit: number;
  unit: string;
}

/** What a part of an exam came to. */
export interface PartResult {
  points: number;
  of: number;
  /** Numbers of the lessons that teach it. */
  lessons: readonly number[];
  /** In a sentence. Missing where it could not be judged. */
  seen?: string;
}

/** What an exam came to. Parts that could not be judged are in `open`, and those that do not apply here in nothing. */
export interface Score {
  points: number;
  open: number;
  of: number;
  /** In percent of `of`. */
  passAt: number;
}

export interface BehaviourResult {
  id: string;
  title: string;
  outcome: Outcome;
  elapsedMs: number;
  figures?: Figure[];
  failure?: Failure;
  /** Why it was skipped or is inconclusive, and what to do about it. */
  reason?: string;
  fix?: string;
  /** Of an exam: a part has points, and a rule has none. */
  part?: PartResult;
  rule?: true;
}

export interface TargetResult {
  title: string;
  endpoint: string;
  atMostMs: number;
  measuredMs: number;
  met: boolean;
}

/** A quarter of a second of a load run, as seen inside the app and at its services. */
export interface LoadSample {
  /** End of the sample, since the first answer. */
  atMs: number;
  /** Answers in it. */
  requests: number;
  /** Of the instance whose event loop was latest. Missing while the loop was too busy to be asked. */
  eventLoopDelayP99Ms?: number;
  supplierCalls?: number;
  /** That the app sent to its database, those included that open and close transactions. */
  statements?: number;
}

/** A load run over time, for pictures. No verdict is taken from it. */
export interface LoadRecord {
  sampleMs: number;
  samples: LoadSample[];
  /** Each answer, or of very many every n-th: milliseconds since the first one, time to first byte in milliseconds, and status. */
  answers: [atMs: number, ms: number, status: number][];
  /** Of an exam: what was done to the app meanwhile, and what each second's requests came to. */
  events?: { atMs: number; what: string }[];
  seconds?: SecondOfLoad[];
}

/** The requests that were sent in one second, by what came of them. */
export interface SecondOfLoad {
  /** 2xx and 3xx. */
  good: number;
  /** 4xx. */
  refused: number;
  /** 5xx, and no answer at all. */
  failed: number;
}

export interface LoadResult {
  outcome: Outcome;
  elapsedMs: number;
  /** Requests sent and answered, and how long the arrivals took. */
  requests: number;
  seconds: number;
  targets: TargetResult[];
  /** What the lesson itself measured of the load, such as calls to the supplier. */
  figures?: Figure[];
  /** How the load was made to fit this machine, if it was. */
  note?: string;
  failure?: Failure;
  reason?: string;
  fix?: string;
  record?: LoadRecord;
  /** Cores that other programs kept busy meanwhile, where that can be told. */
  otherCoresBusy?: number;
  /** Those of them that the host of a virtual machine took. */
  stolenCores?: number;
  /** Cores that the app, the load and the check used. */
  ownCoresBusy?: number;
  /** Cores on which a container's CPU limit paused them. */
  pausedCores?: number;
}

/** What production asks for beyond the lesson's core. It is judged after a pass and never turns one into a fail. */
export interface FurtherResult {
  /** `not-judged`: the lesson has none, the core does not hold, or nobody asked. */
  verdict: Verdict | 'not-judged';
  behaviours: BehaviourResult[];
}

/** The result of one check, as `--json` prints it. */
export interface CheckResult {
  schema: typeof resultSchemaVersion;
  lesson: string;
  subject: string;
  verdict: Verdict;
  /** Label of each service used: "redis-server 7.0.15 (PATH)". */
  services: Record<string, string>;
  /** Those of the core. They and the load run decide the verdict. */
  behaviours: BehaviourResult[];
  further: FurtherResult;
  load?: LoadResult;
  /** Of an exam, whose verdict it decides together with the rules. */
  score?: Score;
  notes: string[];
  elapsedMs: number;
  /** What that went into. */
  phases?: PhaseTimes;
}

/** How a check is to be run. */
export interface CheckPlan {
  folder: string;
  subjectDir: string;
  /** Run the behaviours after a failing one, too. */
  all: boolean;
  /** The last behaviour to judge, core or further: none after it is begun, and there is no load. All when left out. */
  until?: string;
  /** The one behaviour to judge, core or further, with the start before it. All when left out, and when there is none of that name. */
  only?: string;
  /** Judge the further behaviours, too, once the core holds. */
  further: boolean;
  /**
   * `after-behaviours`: only when all hold. `always`: for measuring margins. `only`: no behaviours. An exam is judged by its
   * load, so there `never` is a short one.
   */
  load: 'after-behaviours' | 'always' | 'only' | 'never';
  /** Profiles the app under its load, and writes the profiles into this folder. */
  profileDir?: string;
  /** Tells what the app prints, as it comes. */
  output?: boolean;
}

/** Three values, default fail: pass needs every behaviour judged and held. */
export function verdictOf(behaviours: BehaviourResult[], load: LoadResult | undefined, loadWanted: boolean): Verdict {
  const outcomes = [...behaviours.map((b) => b.outcome), ...(load ? [load.outcome] : [])];
  if (outcomes.includes('fail') || outcomes.length === 0) return 'fail';
  if (outcomes.includes('inconclusive')) return 'inconclusive';
  if (behaviours.some((b) => b.outcome === 'skipped' && b.fix)) return 'inconclusive';
  if (loadWanted && !load) return 'fail';
  return outcomes.every((outcome) => outcome === 'pass' || outcome === 'skipped') ? 'pass' : 'fail';
}

/** What became of the further behaviours: a pass, the ★, needs each of them judged and held. */
export function furtherVerdictOf(behaviours: BehaviourResult[]): FurtherResult['verdict'] {
  const outcomes = behaviours.map(({ outcome }) => outcome);
  if (outcomes.includes('fail')) return 'fail';
  if (outcomes.length === 0 || outcomes.includes('not-run')) return 'not-judged';
  return verdictOf(behaviours, undefined, false);
}
