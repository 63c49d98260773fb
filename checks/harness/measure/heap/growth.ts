import { type Holder, holderOf, isPlumbing, labelOf } from './holder.ts';
import { type HeapNames, namesIn } from './names.ts';
import type { HeapSnapshot } from './snapshot.ts';
import { type HeapTree, treeOf } from './tree.ts';

/** Objects that came with the requests of one phase, did not go, and are held in one place. */
export interface Growth {
  /** 1 for the first phase. */
  phase: number;
  holder: Holder;
  /** What the holder holds directly: "Session", "function onTick". */
  constructorName: string;
  count: number;
  /** Where that function, or a timer's callback, was written. */
  place?: { file: string; line: number };
  /** Constructors of what each of them holds in turn, most first, without the nameless: "IncomingMessage". */
  inside: string[];
  /** With all that they hold. */
  bytes: number;
}

export interface Phases {
  /** The phase in which an object first was in a snapshot, by its id; 0 for what was there before the first. */
  birthOf(id: number): number;
  /** How many of one kind count, by phase: fewer are no matter of the requests. */
  least(phase: number): number;
  /** Whether a file is one of the app's own. */
  isOwn(file: string): boolean;
}

/** What the phases left behind, the largest first. The heap is that after all of them, so what went in the meantime is none. */
export function growthIn(heap: HeapSnapshot, phases: Phases): Growth[] {
  const names = namesIn(heap);
  // Scopes that came with a request are held by something themselves.
  const isOld = (node: number) => phases.birthOf(heap.id[node] as number) === 0;
  const tree = treeOf(heap, names.scopesOf(phases.isOwn).filter(isOld));
  const { owner, born, isLink } = readTree(heap, tree, phases);
  const clusters = new Clusters(heap, tree, names);

  // First by the very object that holds them, then by the way to it: a Map for each city, say.
  const places = new Map<number, string>();
  const placeOf = (node: number): string => {
    const known = places.get(node);
    if (known !== undefined) return known;
    const { expression, variable } = holderOf(heap, tree, names, node);
    places.set(node, `${variable?.file} ${expression}`);
    return placeOf(node);
  };
  for (const keyOf of [(node: number) => String(owner[node]), (node: number) => placeOf(owner[node] as number)]) {
    const counts = new Map<string, number>();
    const keys = new Map<number, string>();
    for (const node of tree.order) {
      if (!born[node] || !isCounted(heap, node) || clusters.has(node)) continue;
      const key = `${born[node]} ${keyOf(node)} ${kindOf(heap, names, node)}`;
      keys.set(node, key);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (const node of tree.order) {
      const phase = born[node] as number;
      if (clusters.has(node)) continue;
      if (clusters.join(node, phase > 0, isLink[node] === 1)) continue;
      const key = keys.get(node);
      if (key !== undefined && (counts.get(key) ?? 0) >= phases.least(phase))
        clusters.head(node, `${phase} ${keyOf(node)}`, phase, owner[node] as number);
    }
  }
  return clusters.read();
}

/** The next object above each node, the phase in which it came, and whether it is one more of a chain. */
function readTree(heap: HeapSnapshot, tree: HeapTree, phases: Phases) {
  const owner = new Uint32Array(heap.nodeCount);
  const born = new Uint8Array(heap.nodeCount);
  const isLink = new Uint8Array(heap.nodeCount);
  const nameOfEdge = (node: number) => heap.edgeName[tree.edgeTo[node] as number];
  for (const node of tree.order) {
    born[node] = phases.birthOf(heap.id[node] as number);
    const above = tree.parent[node] as number;
    if (above < 0) continue;
    // In a chain, such as that of all timers of one length, each holds the next: whoever holds the first holds them all.
    const isSame = heap.name[above] === heap.name[node] && heap.type[above] === heap.type[node];
    if (isSame && nameOfEdge(above) === nameOfEdge(node)) isLink[node] = 1;
    owner[node] = isLink[node] || isPlumbing(heap, above) ? (owner[above] as number) : above;
  }
  return { owner, born, isLink };
}

/** Numbers and V8's own come and go by themselves. */
function isCounted(heap: HeapSnapshot, node: number): boolean {
  const type = heap.nodeTypes[heap.type[node] as number];
  return type !== 'number' && type !== 'synthetic' && !isPlumbing(heap, node);
}

function kindOf(heap: HeapSnapshot, names: HeapNames, node: number): string {
  const at = names.functionPlace(node);
  const isFunction = heap.nodeTypes[heap.type[node] as number] === 'closure';
  return labelOf(heap, node) + (isFunction && at ? `${at.file}:${at.line}` : '');
}

interface Cluster {
  phase: number;
  owner: number;
  bytes: number;
  /** By kind: how many are held directly, and one of them. */
  heads: Map<string, { count: number; sample: number }>;
  inside: Map<string, number>;
}

class Clusters {
  readonly #heap: HeapSnapshot;
  readonly #tree: HeapTree;
  readonly #names: HeapNames;
  readonly #all: Cluster[] = [];
  readonly #byKey = new Map<string, number>();
  /** By node: 1 for the first cluster. */
  readonly #of: Uint32Array;
  readonly #isHead: Uint8Array;

  constructor(heap: HeapSnapshot, tree: HeapTree, names: HeapNames) {
    this.#heap = heap;
    this.#tree = tree;
    this.#names = names;
    this.#of = new Uint32Array(heap.nodeCount);
    this.#isHead = new Uint8Array(heap.nodeCount);
  }

  has(node: number): boolean {
    return this.#of[node] !== 0;
  }

  /** Puts a node to the cluster of what holds it. Only what is new counts: an old object may be reached through a new one. */
  join(node: number, isNew: boolean, isLink: boolean): boolean {
    const above = this.#tree.parent[node] as number;
    const number = this.#of[above] ?? 0;
    if (number === 0) return false;
    this.#of[node] = number;
    if (isLink && this.#isHead[above]) this.#isHead[node] = 1;
    if (isNew) this.#count(this.#all[number - 1] as Cluster, node, this.#isHead[node] ? 'heads' : 'inside');
    return true;
  }

  head(node: number, key: string, phase: number, owner: number): void {
    let number = this.#byKey.get(key);
    if (number === undefined) {
      number = this.#all.push({ phase, owner, bytes: 0, heads: new Map(), inside: new Map() });
      this.#byKey.set(key, number);
    }
    this.#of[node] = number;
    this.#isHead[node] = 1;
    this.#count(this.#all[number - 1] as Cluster, node, 'heads');
  }

  #count(cluster: Cluster, node: number, as: 'heads' | 'inside'): void {
    cluster.bytes += this.#heap.selfSize[node] as number;
    if (as === 'inside') {
      const label = labelOf(this.#heap, node);
      if (isCounted(this.#heap, node)) cluster.inside.set(label, (cluster.inside.get(label) ?? 0) + 1);
      return;
    }
    const kind = kindOf(this.#heap, this.#names, node);
    const known = cluster.heads.get(kind);
    if (known) known.count++;
    else cluster.heads.set(kind, { count: 1, sample: node });
  }

  read(): Growth[] {
    return this.#all
      .map(({ phase, owner, bytes, heads, inside }) => {
        // The keys of a Map are held, too, but it is the values that somebody looks for.
        const [first] = [...heads.values()].sort((a, b) => this.#weight(b) - this.#weight(a));
        const { count, sample } = first as { count: number; sample: number };
        const place = this.#placeOf(sample);
        return {
          phase,
          holder: holderOf(this.#heap, this.#tree, this.#names, owner),
          constructorName: labelOf(this.#heap, sample),
          count,
          ...(place ? { place } : {}),
          inside: telling(inside, count),
          bytes,
        };
      })
      .sort((a, b) => b.bytes - a.bytes);
  }

  #weight({ count, sample }: { count: number; sample: number }): number {
    return labelOf(this.#heap, sample) === 'string' ? count / 1_000 : count;
  }

  /** Of a function itself, or of the one that a timer calls. */
  #placeOf(node: number): Growth['place'] {
    const { nodeTypes, type, firstEdge, edgeName, edgeTo, strings } = this.#heap;
    if (nodeTypes[type[node] as number] === 'closure') return this.#names.functionPlace(node);
    for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++)
      if (['_onTimeout', '_onImmediate'].includes(strings[edgeName[edge] as number] ?? ''))
        return this.#names.functionPlace(edgeTo[edge] as number);
    return undefined;
  }
}

const nameless = /^(Object|Array|string|symbol|bigint|function\b.*|\(.*|system \/ .*)$/;

function telling(inside: Map<string, number>, heads: number): string[] {
  return [...inside]
    .filter(([label, count]) => count >= heads / 2 && !nameless.test(label))
    .sort((a, b) => b[1] - a[1])
    .map(([label]) => label);
}
