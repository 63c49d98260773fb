import type { Run } from '../run.ts';

/** A Redis server that is up. Whoever started it stops it. */
export interface RedisServer {
  /** With the database's number: "redis://127.0.0.1:41231/0". */
  url: string;
  /** For the first line of a check: "redis-server 7.0.15 (PATH)", "REDIS_URL, database 7". */
  label: string;
  /** A re-implementation that lacks some of Redis: behaviours that need those parts are skipped, never passed. */
  isStandIn: boolean;
  stop(): Promise<void>;
}

/** Whether a provider can be used, and what `npm run doctor` says of it. `mend` is the command or act that helps. */
export type Availability = { ok: true; detail: string } | { ok: false; why: string; mend?: string };

/** Where to look for a Redis. Looking starts no server and downloads nothing. */
export interface Look {
  /** The workshop's cache folder: what was unpacked once stays there. */
  cacheDir: string;
  /** The folder of docker-compose.yml. */
  repoDir: string;
  /** The environment of the command; PATH and REDIS_URL are read from here. */
  env: NodeJS.ProcessEnv;
}

/** What starting takes: every process belongs to the run, and nothing is printed. */
export interface Session {
  run: Run;
  onProgress(text: string): void;
}

/** One way to get a Redis. */
export interface RedisProvider {
  name: string;
  /** Somebody asked for this one: when it fails that is an error, and no other one is taken instead. */
  insisted: boolean;
  available(): Promise<Availability>;
  start(session: Session): Promise<RedisServer>;
}
