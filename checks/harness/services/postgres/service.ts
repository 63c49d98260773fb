import { join } from 'node:path';
import type { ServiceKind } from '../service.ts';
import { openPostgres, type PostgresHandle } from './handle.ts';

export const postgresService: ServiceKind<PostgresHandle> = {
  title: 'the PostgreSQL',
  fix: 'npm run doctor, then check again',
  open({ lesson: { folder, postgres }, ...options }) {
    if (!postgres) throw new TypeError(`${folder} needs a seed for its database`);
    const latencyMs = Number(options.env.DB_LATENCY_MS ?? postgres.latencyMs ?? 1);
    const seed = join(options.repoDir, postgres.seed);
    return openPostgres({ ...options, lesson: folder, seed, latencyMs });
  },
};
