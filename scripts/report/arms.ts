import type { LoadRecord, LoadResult } from '../../checks/harness/model/result.ts';

/** Whose load run a picture shows. */
export type ArmName = 'starter' | 'yours' | 'solution';

export interface ArmLoad {
  name: ArmName;
  load: LoadResult;
}

/** A load run over time. */
export interface Arm {
  name: ArmName;
  record: LoadRecord;
}

export const armNames = { starter: 'the starter', yours: 'your app', solution: 'our solution' };

/** Those of the runs that can be drawn. */
export function drawable(loads: readonly ArmLoad[]): Arm[] {
  return loads.flatMap(({ name, load: { record } }) => (record ? [{ name, record }] : []));
}
