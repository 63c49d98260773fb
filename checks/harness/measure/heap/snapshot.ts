import { readFileSync } from 'node:fs';

/** Fields of a node, in this order, as V8 has written them since Node 20. The meta of each file is checked against it. */
const nodeFields = ['type', 'name', 'id', 'self_size', 'edge_count'];
const edgeFields = ['type', 'name_or_index', 'to_node'];
const locationFields = ['object_index', 'script_id', 'line', 'column'];

/** What a `.heapsnapshot` holds. Nodes and edges are numbered from 0, in the order of the file. */
export interface HeapSnapshot {
  nodeCount: number;
  nodeTypes: readonly string[];
  /** Indices into `nodeTypes`. */
  type: Uint8Array;
  /** Index into `strings`: a constructor's name, a function's, or the text of a string. */
  name: Uint32Array;
  /** The same object has the same id in every snapshot of its process. */
  id: Float64Array;
  selfSize: Float64Array;
  /** The edges of node n are those from `firstEdge[n]` up to, and without, `firstEdge[n + 1]`. */
  firstEdge: Uint32Array;
  edgeTypes: readonly string[];
  edgeType: Uint8Array;
  /** Index into `strings`, or the number of an element. */
  edgeName: Uint32Array;
  edgeTo: Uint32Array;
  /** Where functions were written, by node. Lines count from 0. */
  locations: ReadonlyMap<number, { scriptId: number; line: number }>;
  strings: readonly string[];
}

interface Meta {
  node_fields: string[];
  node_types: [string[], ...unknown[]];
  edge_fields: string[];
  edge_types: [string[], ...unknown[]];
  location_fields?: string[];
}

/** What was there at one moment: the ids of all nodes, and the bytes of all together. */
export function readIds(path: string): { ids: Float64Array; bytes: number } {
  const { id, selfSize } = readNodes(path, readFileSync(path));
  return { ids: id, bytes: selfSize.reduce((sum, size) => sum + size, 0) };
}

/**
 * Reads a snapshot that V8 wrote. The long arrays go from the file's bytes into typed arrays, so that a heap of 100 MB takes
 * little more than its file; JSON.parse reads the head and the strings only.
 */
export function readSnapshot(path: string): HeapSnapshot {
  const bytes = readFileSync(path);
  const { meta, edgeCount, stride, nodesEnd, ...nodes } = readNodes(path, bytes);

  const edgeType = new Uint8Array(edgeCount);
  const edgeName = new Uint32Array(edgeCount);
  const edgeTo = new Uint32Array(edgeCount);
  const edgesEnd = readNumbers(bytes, sectionIn(path, bytes, 'edges', nodesEnd), (value, index) => {
    const edge = Math.floor(index / 3);
    const field = index % 3;
    if (field === 0) edgeType[edge] = value;
    else if (field === 1) edgeName[edge] = value;
    else edgeTo[edge] = value / stride;
  });

  const locations = new Map<number, { scriptId: number; line: number }>();
  let place = { node: 0, scriptId: 0 };
  const locationsEnd = readNumbers(bytes, sectionIn(path, bytes, 'locations', edgesEnd), (value, index) => {
    const field = index % 4;
    if (field === 0) place = { node: value / stride, scriptId: 0 };
    else if (field === 1) place.scriptId = value;
    else if (field === 2) locations.set(place.node, { scriptId: place.scriptId, line: value });
  });

  const stringsAt = sectionIn(path, bytes, 'strings', locationsEnd) - 1;
  const strings = JSON.parse(bytes.toString('utf8', stringsAt, bytes.lastIndexOf(']') + 1)) as string[];
  return { ...nodes, edgeTypes: meta.edge_types[0], edgeType, edgeName, edgeTo, locations, strings };
}

/** Where an array of that name begins. */
function sectionIn(path: string, bytes: Buffer, name: string, from = 0): number {
  const at = bytes.indexOf(`"${name}":[`, from);
  if (at < 0) throw new Error(`${path} has no ${name}: V8 did not finish it, or writes another format`);
  return at + name.length + 4;
}

function readNodes(path: string, bytes: Buffer) {
  const nodesAt = sectionIn(path, bytes, 'nodes');
  const head = bytes.toString('utf8', 0, nodesAt - '"nodes":['.length).trimEnd();
  const { snapshot } = JSON.parse(`${head.replace(/,$/, '')}}`) as {
    snapshot: { meta: Meta; node_count: number; edge_count: number };
  };
  const { meta, node_count: nodeCount, edge_count: edgeCount } = snapshot;
  const stride = meta.node_fields.length;
  if (
    !startsWith(meta.node_fields, nodeFields) ||
    meta.edge_fields.join() !== edgeFields.join() ||
    (meta.location_fields ?? locationFields).join() !== locationFields.join()
  )
    throw new Error(`${path} has fields that this reader does not know: ${meta.node_fields}; ${meta.edge_fields}`);

  const type = new Uint8Array(nodeCount);
  const name = new Uint32Array(nodeCount);
  const id = new Float64Array(nodeCount);
  const selfSize = new Float64Array(nodeCount);
  const firstEdge = new Uint32Array(nodeCount + 1);
  let edges = 0;
  const nodesEnd = readNumbers(bytes, nodesAt, (value, index) => {
    const node = Math.floor(index / stride);
    const field = index % stride;
    if (field === 0) type[node] = value;
    else if (field === 1) name[node] = value;
    else if (field === 2) id[node] = value;
    else if (field === 3) selfSize[node] = value;
    else if (field === 4) {
      firstEdge[node] = edges;
      edges += value;
    }
  });
  firstEdge[nodeCount] = edges;
  const nodeTypes = meta.node_types[0];
  return { meta, edgeCount, stride, nodesEnd, nodeCount, nodeTypes, type, name, id, selfSize, firstEdge };
}

function startsWith(fields: string[], known: string[]): boolean {
  return known.every((field, index) => fields[index] === field);
}

/** Calls back with each number of an array of whole numbers. @returns where the array ends. */
function readNumbers(bytes: Buffer, from: number, each: (value: number, index: number) => void): number {
  let value = 0;
  let index = 0;
  let inNumber = false;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte >= 48 && byte <= 57) {
      value = value * 10 + byte - 48;
      inNumber = true;
      continue;
    }
    if (inNumber) {
      each(value, index++);
      value = 0;
      inNumber = false;
    }
    if (byte === 93) return at;
  }
  throw new Error('the snapshot ends in the middle of an array');
}
