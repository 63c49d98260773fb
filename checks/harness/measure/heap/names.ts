import type { HeapSnapshot } from './snapshot.ts';

/** A variable as it was written: its name, and the address of its file. */
export interface Variable {
  name: string;
  /** "file:///shop/src/app.ts", a path, or "node:internal/timers". */
  file: string;
}

/** What V8 knows of where things were written. */
export interface HeapNames {
  /** Where a function was written; lines count from 1. */
  functionPlace(node: number): { file: string; line: number } | undefined;
  /** The variable that an edge is, of a function's scope or of a module. */
  variableOf(from: number, edge: number): Variable | undefined;
  /** Nodes that hold the variables of such files: scopes of functions, and cells of modules. */
  scopesOf(isWanted: (file: string) => boolean): number[];
}

export function namesIn(heap: HeapSnapshot): HeapNames {
  const { nodeCount, nodeTypes, type, name, strings, firstEdge, edgeTypes, edgeType, edgeName, edgeTo, locations } =
    heap;
  const closure = nodeTypes.indexOf('closure');
  const context = edgeTypes.indexOf('context');
  const nodeName = (node: number) => strings[name[node] as number] ?? '';
  const edgesOf = (node: number) => ({ from: firstEdge[node] as number, to: firstEdge[node + 1] as number });
  const numbered = (edge: number) => ['element', 'hidden'].includes(edgeTypes[edgeType[edge] as number] ?? '');
  const nameOfEdge = (edge: number) =>
    numbered(edge) ? String(edgeName[edge]) : (strings[edgeName[edge] as number] ?? '');
  const follow = (node: number, wanted: string): number | undefined => {
    const { from, to } = edgesOf(node);
    for (let edge = from; edge < to; edge++) if (nameOfEdge(edge) === wanted) return edgeTo[edge];
    return undefined;
  };

  /** Scripts, by V8's number: a function knows both the number and, through what it shares, the file. */
  const files = new Map<number, string>();
  /** Scopes of functions, by the number of the script. */
  const scopes = new Map<number, number>();
  const modules: number[] = [];
  for (let node = 0; node < nodeCount; node++) {
    if (nodeName(node) === 'system / SourceTextModule') modules.push(node);
    const scriptId = type[node] === closure ? locations.get(node)?.scriptId : undefined;
    if (scriptId === undefined) continue;
    if (!files.has(scriptId)) {
      const script = follow(follow(node, 'shared') ?? 0, 'script');
      if (script !== undefined && nodeName(script)) files.set(scriptId, nodeName(script));
    }
    // An inner scope was written in the file of the outer ones.
    for (
      let scope = follow(node, 'context');
      scope !== undefined && isScope(scope);
      scope = follow(scope, 'previous')
    ) {
      if (scopes.has(scope)) break;
      scopes.set(scope, scriptId);
    }
  }
  function isScope(node: number): boolean {
    return nodeName(node) === 'system / Context';
  }

  /** What a module exports is kept apart from its scope: a table of names and cells. */
  const cells = new Map<number, Variable>();
  for (const module of modules) {
    const { from, to } = edgesOf(module);
    const scriptId = Array.from(
      { length: to - from },
      (_, n) => locations.get(edgeTo[from + n] as number)?.scriptId,
    ).find((found) => found !== undefined);
    const file = scriptId === undefined ? undefined : files.get(scriptId);
    if (file === undefined) continue;
    for (let edge = from; edge < to; edge++) readTable(edgeTo[edge] as number, file);
  }
  function readTable(table: number, file: string): void {
    const { from, to } = edgesOf(table);
    for (let edge = from; edge + 1 < to; edge++) {
      const [key, cell] = [edgeTo[edge] as number, edgeTo[edge + 1] as number];
      if (nodeTypes[type[key] as number] === 'string' && nodeName(cell) === 'system / Cell' && !cells.has(cell))
        cells.set(cell, { name: nodeName(key), file });
    }
  }

  return {
    functionPlace(node) {
      const at = locations.get(node);
      const file = at && files.get(at.scriptId);
      return file === undefined ? undefined : { file, line: (at?.line ?? 0) + 1 };
    },
    variableOf(from, edge) {
      if (edgeType[edge] === context) {
        const file = files.get(scopes.get(from) ?? -1);
        return file === undefined ? undefined : { name: nameOfEdge(edge), file };
      }
      return cells.get(from);
    },
    scopesOf(isWanted) {
      const ofFunctions = [...scopes].filter(([, scriptId]) => isWanted(files.get(scriptId) ?? ''));
      const ofModules = [...cells].filter(([, { file }]) => isWanted(file));
      return [...ofFunctions, ...ofModules].map(([node]) => node);
    },
  };
}
