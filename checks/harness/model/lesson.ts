import type { BalancerOptions } from './balancing.ts';

/** A figure of the load run that must not be exceeded. `endpoint` is a request's `name` in load.yml. */
export interface Target {
  /** What the figure is, as the learner reads it: "p95 of GET /health". */
  title: string;
  endpoint: string;
  statistic: 'median' | 'p95' | 'p99';
  /** Milliseconds, time to first byte as Artillery reports it. */
  atMostMs: number;
}

/** A file that the app reads or writes. Each environment has a copy of its own, so that a check may change it. */
export interface LessonFile {
  /** The environment variable that tells the app its path: "ACCOUNTS_FILE". */
  variable: string;
  name: string;
  /** Copied from this file, relative to the repository. Without it the file does not exist at first. */
  copyOf?: string;
}

/** One request of a `HeapVisit`, as load.yml would say it: `{{ name }}`, `{{ $randomNumber(1, 9) }}` and so on are filled in. */
export interface HeapStep {
  /** GET, when it is left out. */
  method?: string;
  url: string;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
  /** Sent as it is: malformed JSON, for example. */
  body?: string;
  /** What later steps of the visit use: { id: '$.id' }. */
  capture?: Readonly<Record<string, string>>;
  /** The client hangs up: once the request is sent, or once the first part of the answer has come, as with a stream. */
  leaves?: 'before the answer' | 'in the answer';
}

/** What `npm run heap` repeats and counts as one, besides the requests of load.yml. */
export interface HeapVisit {
  /** As the learner reads it: "POST /orders, refused". One of load.yml's names takes that request's place. */
  name: string;
  steps: readonly HeapStep[];
}

/** How an app is told to end. */
export interface StopBesideClients {
  /** The time that the contract names. */
  withinMs: number;
  /** What each client has sent on a connection that it keeps: nothing, half of a head, or a head and half of a body. */
  sent: readonly string[];
}

/** What `lesson.ts` of a lesson says: data only, read by the commands and by the check. */
export interface Lesson {
  /** Final, never reused: 3. */
  number: number;
  /** Folder below lessons/, solutions/ and checks/: "03-sessions". */
  folder: string;
  /** A statement of what holds once the lesson is solved: "Sessions outlive the process". */
  title: string;
  /** What the learner turns into what, for the tables of lessons: "sessions in a Map → in Redis". */
  change: string;
  /** How long a learner who knows Express takes for the core, in minutes: from trials, rounded up. */
  minutes: number;
  /** What its app talks to, by the names in services/registry.ts, and 'cdn' for one in front of it. */
  services: readonly string[];
  /** How slow the supplier is, and how many it serves at a time, where the lesson has one. */
  supplier?: {
    latencyMs: number;
    atOnce: number;
    /** Routes that take this many times as long: { 'GET /offers': 30 }. */
    slow?: Readonly<Record<string, number>>;
  };
  /**
   * What the database holds, where the lesson has one: a .sql or .ts file, relative to the repository, which is run as the
   * app. And how far away it is, in milliseconds each way: 1, or what DB_LATENCY_MS says.
   */
  postgres?: { seed: string; latencyMs?: number };
  /**
   * A script in the app's folder, such as "src/migrate.ts", that is run to its end with `node` before any instance starts:
   * what a deploy does first.
   */
  migrate?: string;
  /**
   * A file in the app's folder, such as "ecosystem.config.cjs", by which PM2 starts the app. An instance is then a
   * `pm2-runtime` with a home of its own, and the processes that serve are its children.
   */
  ecosystem?: string;
  /** How many processes of the app run behind the balancer. */
  instances: number;
  /** How the balancer treats them, where the lesson is about that. Without it all get requests, and a GET may be sent twice. */
  balancer?: BalancerOptions;
  /**
   * A process of the app beside its instances, such as "src/worker.ts": it listens on no port, is not behind the balancer,
   * and is started, watched, restarted and stopped with them.
   */
  worker?: string;
  /** Environment variables besides PORT, NODE_ENV and the services' addresses. */
  env: Readonly<Record<string, string>>;
  /** More ports that each instance gets, by the variables that tell it: ['METRICS_PORT']. They are not behind the balancer. */
  ports?: readonly string[];
  /** Set where the contract says that SIGTERM ends the app in spite of such clients. Without it there are none. */
  stop?: StopBesideClients;
  /** Files that the app gets the paths of. */
  files?: readonly LessonFile[];
  /** Ids of the behaviours, core and further, that the starter fails when all are run. It holds every other one. */
  starterFails: readonly string[];
  /** Shell lines to try against `npm run dev`; `$URL` stands for the address where visitors come in. */
  tryIt: readonly string[];
  targets: readonly Target[];
  /** For `npm run heap`: what load.yml does not ask, such as requests that fail in the app, and streams whose reader leaves. */
  heap?: readonly HeapVisit[];
  /** Behaviours of this lesson are about CPU time, so verify judges nothing else beside it. */
  cpuBound?: boolean;
  /** It is judged by points: `passAt` of a hundred pass, if every rule holds. */
  exam?: { passAt: number };
}
