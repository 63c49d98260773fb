import { copyFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type AppCommandEnd, runAppCommand } from './app-command.ts';
import { AppProcess, stillAlive } from './app-process.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import type { Lesson } from './lesson.ts';
import { type Probe, ProbeServer } from './probe/probe-server.ts';
import { cacheDir, type Run, repoDir } from './run.ts';
import { type Cdn, startCdn } from './services/cdn/cdn.ts';
import { openPostgres, type PostgresHandle } from './services/postgres/handle.ts';
import { openRedis, type RedisHandle } from './services/redis/handle.ts';
import { type SupplierHandle, startSupplier } from './services/supplier/handle.ts';
import { BehaviourFailure, Inconclusive } from './verdict.ts';

/** A profile of a minute is written in less. */
const profileDeadlineMs = 10_000;

/** An instance of the app with the probe that reports from inside it. */
export type Instance = AppProcess & { probe: Probe };

/** What the learner's app may be compared with: our solution, or the starter as it was shipped. */
export type Reference = 'solution' | 'starter';

export interface InstanceOptions {
  /** Beside what every instance gets, and stronger. */
  env?: Record<string, string>;
  /** A command that starts it, with its arguments: ['taskset', '-c', '0']. */
  under?: readonly string[];
  /** Another app than the one that is judged. */
  reference?: Reference | undefined;
}

export interface EnvironmentOptions {
  lesson: Lesson;
  /** The folder of the app to judge: the learner's, the solution's, a wrong turn's. */
  subjectDir: string;
  run: Run;
  onProgress?: (text: string) => void;
  /** Port that visitors come to, of the CDN or else of the balancer; 0 picks a free one. */
  balancerPort?: number;
  /** Where the threads of the instances write their CPU profiles; they are not profiled without. */
  profileDir?: string | undefined;
}

/** Everything that a lesson's app needs around it, started in order and ended together. */
export class Environment implements AsyncDisposable {
  readonly lesson: Lesson;
  readonly instances: Instance[] = [];
  readonly probes: ProbeServer;
  balancer!: Balancer;
  /** In front of the balancer, where the lesson has one. */
  cdn: Cdn | undefined;
  redis: RedisHandle | undefined;
  postgres: PostgresHandle | undefined;
  supplier: SupplierHandle | undefined;
  /** Paths of the lesson's files, by the variable that tells the app. */
  readonly files: Readonly<Record<string, string>>;
  readonly #options: EnvironmentOptions;
  #instancesMade = 0;

  private constructor(options: EnvironmentOptions, probes: ProbeServer) {
    this.#options = options;
    this.lesson = options.lesson;
    this.probes = probes;
    const dir = mkdtempSync(join(options.run.dir, 'files-'));
    this.files = Object.fromEntries(
      (options.lesson.files ?? []).map(({ variable, name, copyOf }) => {
        const path = join(dir, name);
        if (copyOf) copyFileSync(join(repoDir, copyOf), path);
        return [variable, path];
      }),
    );
  }

  /**
   * @throws {BehaviourFailure} when the app does not start.
   * @throws {Inconclusive} when the workshop can't provide a service.
   */
  static async start(options: EnvironmentOptions): Promise<Environment> {
    const environment = new Environment(options, await ProbeServer.start());
    try {
      if (options.lesson.services.includes('redis')) environment.redis = await environment.#startRedis();
      if (options.lesson.services.includes('postgres')) environment.postgres = await environment.openPostgres();
      if (options.lesson.services.includes('supplier')) environment.supplier = await environment.#startSupplier();
      if (options.lesson.migrate) await environment.#migrateFirst();
      const started = await Promise.allSettled(
        Array.from({ length: options.lesson.instances }, (_, index) =>
          environment.startInstance(`instance ${index + 1}`),
        ),
      );
      for (const result of started) if (result.status === 'fulfilled') environment.instances.push(result.value);
      for (const result of started) if (result.status === 'rejected') throw result.reason;
      const hasCdn = options.lesson.services.includes('cdn');
      environment.balancer = await startBalancer(environment.instances, hasCdn ? 0 : options.balancerPort);
      if (hasCdn) environment.cdn = await startCdn(environment.balancer, options.balancerPort);
      return environment;
    } catch (thrown) {
      const error = await environment.assertServicesAlive().then(
        () => thrown,
        (dead) => dead,
      );
      await environment[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #startRedis(): Promise<RedisHandle> {
    const { run, onProgress = () => {} } = this.#options;
    try {
      return await openRedis({ run, cacheDir, repoDir, env: process.env, onProgress });
    } catch (error) {
      if (error instanceof Inconclusive) throw error;
      throw new Inconclusive(error instanceof Error ? error.message : String(error), 'npm run doctor');
    }
  }

  /** A database with the lesson's seed; the caller closes it, or the environment does when it is its own. */
  async openPostgres(): Promise<PostgresHandle> {
    const { run, onProgress = () => {} } = this.#options;
    const { folder: lesson, postgres } = this.lesson;
    if (!postgres) throw new TypeError(`${lesson} needs a seed for its database`);
    const latencyMs = Number(process.env.DB_LATENCY_MS ?? postgres.latencyMs ?? 1);
    const seed = join(repoDir, postgres.seed);
    try {
      return await openPostgres({ run, cacheDir, repoDir, env: process.env, onProgress, lesson, seed, latencyMs });
    } catch (error) {
      if (error instanceof Inconclusive) throw error;
      throw new Inconclusive(error instanceof Error ? error.message : String(error), 'npm run doctor');
    }
  }

  async #startSupplier(): Promise<SupplierHandle> {
    const { latencyMs = 150, atOnce = 20 } = this.lesson.supplier ?? {};
    try {
      return await startSupplier({ run: this.#options.run, latencyMs, atOnce });
    } catch (error) {
      throw new Inconclusive(error instanceof Error ? error.message : String(error), 'check again');
    }
  }

  /** Where visitors come in. */
  get door(): Cdn | Balancer {
    return this.cdn ?? this.balancer;
  }

  /** Text of a file in the app's folder, or undefined when there is none. */
  answerSheet(path: string): string | undefined {
    const file = join(this.#options.subjectDir, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  /** What each service is, for the first lines of a check. */
  serviceLabels(): Record<string, string> {
    return {
      ...(this.redis ? { redis: this.redis.label } : {}),
      ...(this.postgres ? { postgres: this.postgres.label } : {}),
      ...(this.supplier ? { supplier: this.supplier.label } : {}),
      ...(this.cdn ? { cdn: this.cdn.label } : {}),
    };
  }

  /** What the app and its commands are told of what is around them. */
  #appEnv(): Record<string, string> {
    return {
      NODE_ENV: 'production',
      ...(this.redis ? { REDIS_URL: this.redis.appUrl } : {}),
      ...(this.postgres ? { DATABASE_URL: this.postgres.appUrl } : {}),
      ...(this.supplier ? { SUPPLIER_URL: this.supplier.url } : {}),
      ...this.files,
      ...this.lesson.env,
    };
  }

  /** Runs the lesson's migrations to their end, with whatever that is. */
  async migrate(env: Record<string, string> = {}): Promise<AppCommandEnd> {
    const { run, subjectDir: dir } = this.#options;
    const { migrate: script } = this.lesson;
    if (!script) throw new TypeError(`${this.lesson.folder} has no migrations`);
    return runAppCommand({ run, dir, script, env: { ...this.#appEnv(), ...env } });
  }

  async #migrateFirst(): Promise<void> {
    this.#options.onProgress?.(`node ${this.lesson.migrate}`);
    const { ok, ending, output } = await this.migrate();
    if (ok) return;
    throw new BehaviourFailure({
      kind: 'migration-failed',
      trail: [`node ${this.lesson.migrate}`],
      expected: 'to end with exit code 0',
      seen: ending,
      because: 'The migrations failed, so the app was not started: a deploy stops here, too.',
      lookAt: `the error below; node ${this.lesson.migrate} in the lesson folder, with DATABASE_URL set, shows the same`,
      appOutput: output.crashLines(12),
    });
  }

  /** Starts one more process of the app, or of one that it is compared with; the caller ends it, or the environment does. */
  async startInstance(name: string, { env = {}, under = [], reference }: InstanceOptions = {}): Promise<Instance> {
    const key = `app${++this.#instancesMade}`;
    const app = await AppProcess.start({
      run: this.#options.run,
      dir: reference ? this.#dirOf(reference) : this.#options.subjectDir,
      name,
      under,
      env: {
        ...this.#appEnv(),
        ...this.probes.env(key, this.#options.profileDir),
        ...env,
      },
    });
    return Object.assign(app, { probe: this.probes.probeOf(key, app.pid) });
  }

  /** The learner's folder is no starter any more once the lesson is solved, so the check keeps a copy. */
  #dirOf(reference: Reference): string {
    const { folder } = this.lesson;
    return reference === 'solution' ? join(repoDir, 'solutions', folder) : join(repoDir, 'checks', folder, 'starter');
  }

  /** Ends an instance (1-based) and starts it anew, or all of them. */
  async restart(number?: number, env: Record<string, string> = {}): Promise<void> {
    const which = number === undefined ? this.instances.map((_, index) => index) : [number - 1];
    await Promise.all(
      which.map(async (index) => {
        const old = this.instances[index];
        if (!old) throw new RangeError(`there is no instance ${index + 1}`);
        await old.kill();
        const instance = await this.startInstance(old.name, { env });
        // Its port is open, but its first turn of the event loop may go on, and what it does on signals may come last.
        await Promise.race([instance.probe.read().catch(() => {}), delay(1_000)]);
        this.instances[index] = instance;
      }),
    );
    this.balancer.setTargets(this.instances);
  }

  /** Puts things right after a behaviour that broke them, so that the next one starts from a working environment. */
  async repair(): Promise<void> {
    await this.redis?.restore();
    await this.postgres?.restore();
    await this.cdn?.settled();
    this.cdn?.clear();
    await this.supplier?.restore().catch(() => {}); // Dead: the next behaviour that needs it says so.
    for (const [index, instance] of this.instances.entries()) if (instance.exited) await this.restart(index + 1);
  }

  /** The failure of an instance that has died without being told to. */
  crash(trail: string[]): BehaviourFailure | undefined {
    const dead = this.instances.find((instance) => instance.crashed);
    if (!dead) return undefined;
    return new BehaviourFailure({
      kind: 'crashed',
      trail: [...trail],
      expected: `${dead.name} to keep running`,
      seen: `it ended with ${dead.ending()}`,
      because: 'The process died. Every request that it was serving was lost, and so was all that it kept in memory.',
      lookAt: 'the error below: who throws it, and who should have caught it?',
      appOutput: dead.output.crashLines(12),
    });
  }

  /** Throws when one of our own services has died, so that the app is not blamed for it. */
  async assertServicesAlive(): Promise<void> {
    if (this.redis && !(await this.redis.alive())) {
      throw new Inconclusive(
        `the Redis of this check (${this.redis.label}) stopped answering`,
        'npm run doctor, then check again',
      );
    }
    if (this.postgres && !(await this.postgres.alive())) {
      throw new Inconclusive(
        `the PostgreSQL of this check (${this.postgres.label}) stopped answering`,
        'npm run doctor, then check again',
      );
    }
    if (this.supplier && !(await this.supplier.alive())) {
      throw new Inconclusive('the supplier of this check stopped answering', 'check again');
    }
    if (this.cdn && !this.cdn.alive()) throw new Inconclusive('the CDN of this check stopped', 'check again');
  }

  /** Stops every instance as a deploy does, and says what was wrong with it. */
  async stopInstances() {
    this.balancer.setTargets(this.instances); // Closes the kept connections, as a balancer does before a deploy.
    const failures = await Promise.all(this.instances.map((instance) => instance.stop()));
    return failures.find((failure) => failure !== undefined);
  }

  /** Ends every instance in such a way that the profiles of its threads are written. */
  async exitInstances(): Promise<void> {
    await Promise.all(
      this.instances.map(async (instance) => {
        const family = instance.tree();
        instance.probe.exit();
        await instance.exitedWithin(profileDeadlineMs);
        // Its children write theirs meanwhile.
        for (const until = performance.now() + 2_000; performance.now() < until; await delay(50))
          if (stillAlive(family).length === 0) break;
        await instance.kill();
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.kill()));
    await this.cdn?.[Symbol.asyncDispose]();
    await this.balancer?.[Symbol.asyncDispose]();
    await this.redis?.close();
    await this.postgres?.close();
    await this.supplier?.close();
    await this.probes[Symbol.asyncDispose]();
  }
}
