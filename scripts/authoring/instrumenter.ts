import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheDir, type Run } from '../../checks/harness/os/run.ts';

/** One change of a file in one place, as Stryker names it. Lines and columns count from 0. */
interface StrykerMutant {
  mutatorName: string;
  replacement: string;
  location: { start: Position; end: Position };
}

interface Position {
  line: number;
  column: number;
}

/** A file of an app with one place changed. */
export interface Mutant {
  /** In the app's folder: "src/app.ts". */
  file: string;
  /** From 1. */
  line: number;
  mutator: string;
  original: string;
  replacement: string;
  /** Tells apart the places in a file where the same stands, from 0. */
  occurrence: number;
  /** The whole file, changed. */
  text: string;
}

/** Stryker's instrumenter, the library that finds the places. Fetched when an author asks for it, never by npm install. */
const packageName = '@stryker-mutator/instrumenter';
const version = '10.1.1';

/** @throws {Error} when it can't be had: without a network, say. */
export async function bringInstrumenter(run: Run): Promise<void> {
  const manifest = join(toolDir, 'node_modules', packageName, 'package.json');
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version) return;
  mkdirSync(toolDir, { recursive: true });
  writeFileSync(join(toolDir, 'package.json'), '{ "private": true }\n');
  const child = await run.spawn('npm', ['install', '--no-save', '--ignore-scripts', `${packageName}@${version}`], {
    cwd: toolDir,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: process.env,
  });
  await child.ended;
  if (child.process.exitCode !== 0) throw new Error(`npm could not install ${packageName}@${version} into ${toolDir}`);
}

const toolDir = join(cacheDir, 'tools', 'mutants');

/** Every mutant of one file of an app. @param dir of the app. */
export async function mutantsOf(dir: string, file: string): Promise<Mutant[]> {
  const entry = join(toolDir, 'node_modules', packageName, 'dist', 'src', 'index.js');
  const { Instrumenter } = await import(pathToFileURL(entry).href);
  const source = readFileSync(join(dir, file), 'utf8');
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const found = await new Instrumenter(silent).instrument([{ name: file, mutate: true, content: source }], options);
  return mutantsIn(source, file, found.mutants as StrykerMutant[]);
}

/** Applies each change to the source, by itself. */
export function mutantsIn(source: string, file: string, found: readonly StrykerMutant[]): Mutant[] {
  const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const at = ({ line, column }: Position) => (starts[line] ?? 0) + column;
  const seen = new Map<string, number>();
  return found.map(({ mutatorName: mutator, replacement, location: { start, end } }) => {
    const original = source.slice(at(start), at(end));
    const same = [mutator, original, replacement].join('\0');
    const occurrence = seen.get(same) ?? 0;
    seen.set(same, occurrence + 1);
    const text = source.slice(0, at(start)) + replacement + source.slice(at(end));
    return { file, line: start.line + 1, mutator, original, replacement, occurrence, text };
  });
}

/** Stryker wants a logger. */
const silent = new Proxy({}, { get: (_target, name) => () => (String(name).startsWith('is') ? false : undefined) });
