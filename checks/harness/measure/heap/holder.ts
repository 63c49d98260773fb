import type { HeapNames, Variable } from './names.ts';
import type { HeapSnapshot } from './snapshot.ts';
import type { HeapTree } from './tree.ts';

/** What keeps something alive, in the words of the code. */
export interface Holder {
  /** As one would write it: "bus._events.tick", "sessions". */
  expression: string;
  /** The variable that it begins with. None where Node or V8 itself holds it. */
  variable?: Variable;
  /** The constructor of what is held on to: "Map". */
  constructorName: string;
}

/** V8's own nodes between two objects of the app: the table of a Map, the cell of a variable. */
export function isPlumbing(heap: HeapSnapshot, node: number): boolean {
  const type = heap.nodeTypes[heap.type[node] as number];
  if (type === 'array' || type === 'hidden' || type === 'code' || type === 'object shape') return true;
  return type === 'object' && (heap.strings[heap.name[node] as number] ?? '').startsWith('system / ');
}

/** The shortest way to a node, from the last variable on it. */
export function holderOf(heap: HeapSnapshot, tree: HeapTree, names: HeapNames, node: number): Holder {
  const constructorName = labelOf(heap, node);
  const steps: string[] = [];
  for (let at = node; (tree.parent[at] as number) >= 0; at = tree.parent[at] as number) {
    const [from, edge] = [tree.parent[at] as number, tree.edgeTo[at] as number];
    const variable = names.variableOf(from, edge);
    if (variable) {
      // An arrow function's `this` has a name in the code: that of its class.
      const name = variable.name === 'this' ? labelOf(heap, at) : variable.name;
      return { expression: name + steps.join(''), variable: { ...variable, name }, constructorName };
    }
    if (heap.nodeTypes[heap.type[from] as number] === 'synthetic')
      return { expression: `${labelOf(heap, at)}${steps.join('')}`, constructorName };
    steps.unshift(stepOf(heap, edge));
  }
  return { expression: constructorName, constructorName };
}

function stepOf(heap: HeapSnapshot, edge: number): string {
  const type = heap.edgeTypes[heap.edgeType[edge] as number];
  if (type === 'element') return '[…]';
  const name = heap.strings[heap.edgeName[edge] as number] ?? '';
  if (type === 'property') {
    const [, symbol] = /^<symbol (.*)>$/.exec(name) ?? [];
    if (symbol !== undefined) return `[${symbol}]`;
    return /^[\w$#]+$/.test(name) ? `.${name}` : `["${name.slice(0, 30)}"]`;
  }
  // An entry of a Map or a Set, by the number of its place in their table.
  return type === 'internal' && /^\d+$/.test(name) ? '.get(…)' : '';
}

/** The constructor of an object, or the kind of what has none. */
export function labelOf(heap: HeapSnapshot, node: number): string {
  const type = heap.nodeTypes[heap.type[node] as number] ?? '';
  if (type.endsWith('string')) return 'string';
  const name = heap.strings[heap.name[node] as number] ?? '';
  if (type === 'closure') return name ? `function ${name}` : 'function';
  return name.replace(/^Node \/ /, '').slice(0, 60) || type;
}
