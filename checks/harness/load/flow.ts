import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { HeapStep } from '../model/lesson.ts';

/** A request of a load.yml, as somebody other than Artillery sends it. */
export interface FlowStep extends HeapStep {
  name: string;
  /** Each element of the loops around it, where it uses `$loopElement`. */
  over: readonly unknown[];
}

/** What a load.yml has its virtual users do, flat: loops are left out, and waiting. */
export interface Flow {
  variables: Readonly<Record<string, unknown>>;
  steps: readonly FlowStep[];
}

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;

type Item = Record<string, unknown> & { loop?: Item[]; parallel?: Item[]; over?: unknown[] };

export async function readFlow(path: string): Promise<Flow> {
  const script = parse(await readFile(path, 'utf8')) as {
    config: { variables?: Record<string, unknown> };
    scenarios: { flow: Item[] }[];
  };
  const steps = script.scenarios.flatMap(({ flow }) => stepsIn(flow, []));
  return { variables: script.config.variables ?? {}, steps };
}

function stepsIn(items: readonly Item[], over: readonly unknown[]): FlowStep[] {
  return items.flatMap((item) => {
    if (item.loop) return stepsIn(item.loop, item.over ?? over);
    if (item.parallel) return stepsIn(item.parallel, over);
    const method = methods.find((name) => item[name] !== undefined);
    if (!method) return []; // It thinks, or logs.
    const { capture, ...said } = item[method] as Omit<FlowStep, 'capture'> & { capture?: Capture | Capture[] };
    const captured = [capture ?? []].flat().map(({ as, json }) => [as, json]);
    const name = said.name ?? `${method.toUpperCase()} ${said.url}`;
    return [{ ...said, name, method: method.toUpperCase(), capture: Object.fromEntries(captured), over }];
  });
}

interface Capture {
  json: string;
  as: string;
}

/** Fills in `{{ name }}`, `{{ $loopElement }}`, `{{ $randomNumber(1, 9) }}` and `{{ $randomString(8) }}`, also in objects. */
export function filledIn<T>(value: T, variables: Readonly<Record<string, unknown>>): T {
  if (typeof value === 'string') return fillText(value, variables) as T;
  if (Array.isArray(value)) return value.map((element) => filledIn(element, variables)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filledIn(inner, variables)])) as T;
}

function fillText(text: string, variables: Readonly<Record<string, unknown>>): string {
  return text.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, expression: string) => {
    const [, name = '', given = ''] = /^(\$\w+)\((.*)\)$/.exec(expression) ?? [];
    const [from = 0, to = 0] = given.split(',').map(Number);
    if (name === '$randomNumber') return String(from + Math.floor(Math.random() * (to - from + 1)));
    if (name === '$randomString') return randomText(from);
    const value = variables[expression];
    // As Artillery does it: of a list, each virtual user gets one.
    return String(Array.isArray(value) ? value[Math.floor(Math.random() * value.length)] : (value ?? ''));
  });
}

function randomText(length: number): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length }, () => letters[Math.floor(Math.random() * letters.length)]).join('');
}

/** What `$.order.id` finds in a JSON text; undefined where there is none. */
export function pick(text: string, path: string): unknown {
  try {
    let value = JSON.parse(text) as unknown;
    for (const [, key = ''] of path.matchAll(/[.[]["']?([\w-]+)["']?\]?/g))
      value = (value as Record<string, unknown> | null | undefined)?.[key];
    return value;
  } catch {
    return undefined;
  }
}
