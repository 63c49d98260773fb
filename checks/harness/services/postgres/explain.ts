import type { ClientBase } from 'pg';

/** One step of a plan, as EXPLAIN (FORMAT JSON) names it. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  Plans?: PlanNode[];
  [more: string]: unknown;
}

/** How PostgreSQL answers a statement. */
export interface Plan {
  root: PlanNode;
  /** Every step, from the outside in. */
  nodes: PlanNode[];
  /** Pages of 8 KB that it looked at. */
  blocks: number;
}

/** Runs the statement with its parameters and returns what was done for it. Whatever it changes is rolled back. */
export async function explain(client: ClientBase, sql: string, params: readonly unknown[]): Promise<Plan> {
  await client.query('BEGIN');
  try {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${sql}`, [...params]);
    const [{ Plan: root }] = rows[0]['QUERY PLAN'] as [{ Plan: PlanNode }];
    return { root, nodes: flatten(root), blocks: (root['Shared Hit Blocks'] ?? 0) + (root['Shared Read Blocks'] ?? 0) };
  } finally {
    await client.query('ROLLBACK');
  }
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}
