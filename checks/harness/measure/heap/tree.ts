import type { HeapSnapshot } from './snapshot.ts';

/** The shortest way from the roots to each node that something holds. */
export interface HeapTree {
  /** The edge by which a node is reached; -1 where a search begins, and for what only the snapshot itself held. */
  edgeTo: Int32Array;
  /** The node that the edge comes from, or -1. */
  parent: Int32Array;
  /** Every node that was reached, from the root outwards. */
  order: Uint32Array;
}

/**
 * Roots that hold what runs while the snapshot is taken, and the table of all names, which holds nothing. What others hold,
 * too, has a better name there.
 */
const momentary = new Set([
  '(Handle scope)',
  '(Stack roots)',
  '(Identity map)',
  '(Micro tasks)',
  '(Relocatable)',
  '(Internalized strings)',
]);

/**
 * A search in breadth over all edges that keep something alive.
 * @param alsoFrom scopes of the app: a way from its own variables says more than one that is a step shorter.
 */
export function treeOf(heap: HeapSnapshot, alsoFrom: Iterable<number> = []): HeapTree {
  const { nodeCount, firstEdge, edgeTo, edgeType, edgeTypes, edgeName, strings, name, id } = heap;
  const by = new Int32Array(nodeCount).fill(-1);
  const parent = new Int32Array(nodeCount).fill(-1);
  const seen = new Uint8Array(nodeCount);
  const order = new Uint32Array(nodeCount);
  const weak = edgeTypes.indexOf('weak');
  const internal = edgeTypes.indexOf('internal');
  let length = 1; // The root is node 0.
  seen[0] = 1;
  for (const node of alsoFrom) {
    seen[node] = 1;
    order[length++] = node;
  }
  for (let next = 0; next < length; next++) {
    const node = order[next] as number;
    if (next > 0 && momentary.has(strings[name[node] as number] ?? '')) continue;
    const end = firstEdge[node + 1] as number;
    for (let edge = firstEdge[node] as number; edge < end; edge++) {
      const to = edgeTo[edge] as number;
      if (seen[to] || edgeType[edge] === weak) continue;
      // A WeakMap's table holds no value: its key does, for as long as the key lives.
      if (edgeType[edge] === internal && ofWeakMap(strings[edgeName[edge] as number] ?? '', id[node] as number))
        continue;
      seen[to] = 1;
      by[to] = edge;
      parent[to] = node;
      order[length++] = to;
    }
  }
  return { edgeTo: by, parent, order: order.subarray(0, length) };
}

function ofWeakMap(edge: string, from: number): boolean {
  return edge.includes('pair in WeakMap') && edge.includes(`WeakMap (table @${from})`);
}
