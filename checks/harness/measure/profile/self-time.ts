import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CpuProfile } from './cpu-profile.ts';

/** A function with the samples that found it on top of the stack: executing itself, not what it calls. */
export interface HotFunction {
  name: string;
  /** "src/prices.ts:21", a package's name, or "node:net". */
  where: string;
  samples: number;
}

/** Where the samples of some threads fell. */
export interface SelfTime {
  /** Most first. */
  functions: HotFunction[];
  /** Collecting garbage, on behalf of whoever made it. */
  garbageCollector: number;
  /** In native code that no JavaScript called. */
  program: number;
  idle: number;
  /** All but the idle ones. */
  busy: number;
}

/** Counts samples by function. @param appDir the app's folder, which file names are shown relative to. */
export function selfTime(profiles: readonly CpuProfile[], appDir: string): SelfTime {
  const functions = new Map<string, HotFunction>();
  const apart = { '(garbage collector)': 0, '(program)': 0, '(idle)': 0, '(root)': 0 };
  for (const { nodes, samples } of profiles) {
    const counts = new Map<number, number>();
    for (const id of samples) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const { id, callFrame } of nodes) {
      const count = counts.get(id) ?? 0;
      if (count === 0) continue;
      const name = callFrame.functionName;
      const ofProbe = callFrame.url.endsWith('/measure/probe/preload.js');
      if (ofProbe && name === 'waiting') {
        apart['(idle)'] += count;
        continue;
      }
      if (!callFrame.url && name in apart) {
        apart[name as keyof typeof apart] += count;
        continue;
      }
      const where = ofProbe ? "the workshop's probe" : placeOf(callFrame, appDir);
      // A package's functions are told apart by their names only; the app's own by their lines.
      const key = `${name} ${where}`;
      const known = functions.get(key);
      if (known) known.samples += count;
      else functions.set(key, { name: name || '(anonymous)', where, samples: count });
    }
  }
  const sorted = [...functions.values()].sort((a, b) => b.samples - a.samples);
  const inFunctions = sorted.reduce((sum, { samples }) => sum + samples, 0);
  return {
    functions: sorted,
    garbageCollector: apart['(garbage collector)'],
    program: apart['(program)'] + apart['(root)'],
    idle: apart['(idle)'],
    busy: inFunctions + apart['(garbage collector)'] + apart['(program)'] + apart['(root)'],
  };
}

/** "src/prices.ts:21", a package's name, or "node:net". Lines count from 0. */
export function placeOf({ url, lineNumber }: { url: string; lineNumber: number }, appDir: string): string {
  if (!url) return '(native)';
  // "node:net", and CommonJS modules: those have a path.
  if (!url.startsWith('file:') && !isAbsolute(url)) return url;
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  const inPackage = path.split(`node_modules${sep}`).at(-1);
  if (inPackage !== undefined && inPackage !== path) {
    const [scope = '', name = ''] = inPackage.split(sep);
    return scope.startsWith('@') ? `${scope}/${name}` : scope;
  }
  // Type stripping leaves each line where it is, so the line is that of the .ts file.
  return `${relative(appDir, path).replaceAll(sep, '/')}:${lineNumber + 1}`;
}
