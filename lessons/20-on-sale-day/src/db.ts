import { Pool } from 'pg';

export function openPool(connectionString: string): Pool {
  return new Pool({ connectionString, max: 8 });
}
