import type { Asker } from '../../checks/harness/load/asker.ts';
import type { Flow, FlowStep } from '../../checks/harness/load/flow.ts';
import type { HeapStep, HeapVisit } from '../../checks/harness/model/lesson.ts';

/** Something that a client does, to be repeated and counted. */
export interface Visit {
  /** "POST /login, the client hangs up". */
  name: string;
  /** The n-th time. @returns what came of it: a status, or words. */
  act(asker: Asker, n: number): Promise<string>;
  /** The name of the visit that costs the app as much: who hangs up does not wait, and can't tell. */
  costsAs?: string;
}

/**
 * What is repeated for a lesson: each request of its load.yml by itself, what its lesson.ts adds, and what any app meets:
 * clients that hang up, requests that ask for nothing or are none, pages that don't exist.
 */
export function visitsOf(flow: Flow, more: readonly HeapVisit[] = []): Visit[] {
  const replaced = new Set(more.map(({ name }) => name));
  const byName = Map.groupBy(
    flow.steps.filter(({ name }) => !replaced.has(name)),
    ({ name }) => name,
  );
  const requests = [...byName].map(([name, steps]) => ({ name, steps }));
  const withJson = requests.filter(({ steps }) => steps.some(({ json }) => json !== undefined));
  return [
    ...requests.map(({ name, steps }) => repeating(name, steps, asItIs)),
    ...more.map(({ name, steps }): Visit => ({ name, act: (asker, n) => visit(asker, steps, n) })),
    ...requests.map(({ name, steps }) => ({
      ...repeating(`${name}, the client hangs up`, steps, hangingUp),
      costsAs: name,
    })),
    ...requests
      .filter(({ steps }) => steps.some(({ url }) => idInPath.test(url)))
      .map(({ name, steps }) => repeating(`${name} of nothing`, steps, ofNothing)),
    ...withJson.map(({ name, steps }) => repeating(`${name} with {}`, steps, saying('{}'))),
    ...withJson.slice(0, 1).map(({ name, steps }) => repeating(`${name} with half a JSON`, steps, saying('{"half": '))),
    { name: 'GET a page that does not exist', act: (asker, n) => asker.ask({ url: `/no-such-page-${n}` }) },
  ];
}

/** The steps take turns, and so do the elements of a loop around each. */
function repeating(name: string, steps: readonly FlowStep[], changed: (step: FlowStep) => HeapStep): Visit {
  const variants = steps.flatMap((step) =>
    (step.over.length > 0 ? step.over : [undefined]).map((element) => ({
      step: changed(step),
      variables: { $loopElement: element },
    })),
  );
  return {
    name,
    act(asker, n) {
      const { step, variables } = variants[n % variants.length] as (typeof variants)[number];
      return asker.ask(step, { ...variables, n });
    },
  };
}

const asItIs = (step: FlowStep): HeapStep => step;

function hangingUp({ capture: _, ...step }: FlowStep): HeapStep {
  return { ...step, leaves: 'before the answer' };
}

/** A part of a path that is a number, or is filled in. */
const idInPath = /(?<=^[^?]*\/)(\d+|[^/?]*\{\{[^/?]*)(?=[/?]|$)/;

function ofNothing({ capture: _, ...step }: FlowStep): HeapStep {
  return { ...step, url: step.url.replace(idInPath, 'nothing-{{ n }}') };
}

function saying(body: string) {
  return ({ json: _, capture: __, ...step }: FlowStep): HeapStep => ({
    ...step,
    headers: { 'content-type': 'application/json', ...step.headers },
    body,
  });
}

async function visit(asker: Asker, steps: readonly HeapStep[], n: number): Promise<string> {
  const captured: Record<string, unknown> = { n };
  let said = '';
  for (const step of steps) said = await asker.ask(step, captured, captured);
  return said;
}
