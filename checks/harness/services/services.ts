import { join } from 'node:path';
import type { Lesson } from '../model/lesson.ts';
import { Inconclusive } from '../model/verdict.ts';
import { cacheDir, type Run, repoDir } from '../os/run.ts';
import { openPostgres, type PostgresHandle } from './postgres/handle.ts';
import { openRedis, type RedisHandle } from './redis/handle.ts';
import { type SupplierHandle, startSupplier } from './supplier/handle.ts';

export interface ServicesOptions {
  lesson: Lesson;
  run: Run;
  onProgress?: ((text: string) => void) | undefined;
}

/** The servers that a lesson's app talks to, opened in order and closed together. */
export class Services {
  redis: RedisHandle | undefined;
  postgres: PostgresHandle | undefined;
  supplier: SupplierHandle | undefined;
  readonly #options: ServicesOptions;

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  /** @throws {Inconclusive} when the workshop can't provide one; those that are open by then wait for `close`. */
  async open(): Promise<void> {
    const { services } = this.#options.lesson;
    if (services.includes('redis')) this.redis = await this.openRedis();
    if (services.includes('postgres')) this.postgres = await this.openPostgres();
    if (services.includes('supplier')) this.supplier = await this.#startSupplier();
  }

  /** An empty Redis, beside the one that `open` brings: whoever asks for it closes it. */
  async openRedis(): Promise<RedisHandle> {
    const { run, onProgress = () => {} } = this.#options;
    return orInconclusive('npm run doctor', () => openRedis({ run, cacheDir, repoDir, env: process.env, onProgress }));
  }

  /** A database with the lesson's seed, beside the one that `open` brings: whoever asks for it closes it. */
  async openPostgres(): Promise<PostgresHandle> {
    const { run, onProgress = () => {} } = this.#options;
    const { folder: lesson, postgres } = this.#options.lesson;
    if (!postgres) throw new TypeError(`${lesson} needs a seed for its database`);
    const latencyMs = Number(process.env.DB_LATENCY_MS ?? postgres.latencyMs ?? 1);
    const seed = join(repoDir, postgres.seed);
    return orInconclusive('npm run doctor', () =>
      openPostgres({ run, cacheDir, repoDir, env: process.env, onProgress, lesson, seed, latencyMs }),
    );
  }

  async #startSupplier(): Promise<SupplierHandle> {
    const { latencyMs = 150, atOnce = 20 } = this.#options.lesson.supplier ?? {};
    return orInconclusive('check again', () => startSupplier({ run: this.#options.run, latencyMs, atOnce }));
  }

  /** What each service is, for the first lines of a check. */
  labels(): Record<string, string> {
    return {
      ...(this.redis ? { redis: this.redis.label } : {}),
      ...(this.postgres ? { postgres: this.postgres.label } : {}),
      ...(this.supplier ? { supplier: this.supplier.label } : {}),
    };
  }

  /** What the app is told of them. */
  env(): Record<string, string> {
    return {
      ...(this.redis ? { REDIS_URL: this.redis.appUrl } : {}),
      ...(this.postgres ? { DATABASE_URL: this.postgres.appUrl } : {}),
      ...(this.supplier ? { SUPPLIER_URL: this.supplier.url } : {}),
    };
  }

  /** Puts right what a behaviour broke. */
  async restore(): Promise<void> {
    await this.redis?.restore();
    await this.postgres?.restore();
    await this.supplier?.restore().catch(() => {}); // Dead: the next behaviour that needs it says so.
  }

  /** Throws when one of them has died, so that the app is not blamed for it. */
  async assertAlive(): Promise<void> {
    const fix = 'npm run doctor, then check again';
    if (this.redis && !(await this.redis.alive()))
      throw new Inconclusive(`the Redis of this check (${this.redis.label}) stopped answering`, fix);
    if (this.postgres && !(await this.postgres.alive()))
      throw new Inconclusive(`the PostgreSQL of this check (${this.postgres.label}) stopped answering`, fix);
    if (this.supplier && !(await this.supplier.alive()))
      throw new Inconclusive('the supplier of this check stopped answering', 'check again');
  }

  async close(): Promise<void> {
    await this.redis?.close();
    await this.postgres?.close();
    await this.supplier?.close();
  }
}

/** Whatever keeps us from opening a service is no fault of the app. */
async function orInconclusive<T>(fix: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof Inconclusive) throw error;
    throw new Inconclusive(error instanceof Error ? error.message : String(error), fix);
  }
}
