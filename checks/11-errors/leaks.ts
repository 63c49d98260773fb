import { type CheckDefinition, type Instance, repoDir, type Stage } from '../harness/sdk/index.ts';
import { type Reply, serves } from './ask.ts';
import lesson from './lesson.ts';
import { brokenExport, everyError } from './provoke.ts';

/** What tells an attacker of the machine, and a customer nothing. */
export function leakBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'no-leaks',
    'no answer holds a stack, a path, or what the supplier’s calls are made of',
    {
      because: 'The answer shows the inside of the app to whoever asks. The log is the place for that.',
      lookAt: 'which part of an error does the handler send, and does that depend on NODE_ENV?',
    },
    async (t) => {
      await mustNotLeak(t, t.app(), 'NODE_ENV=production');
      const developed = await t.startExtra({ env: { NODE_ENV: 'development' } });
      await serves(t, developed);
      await mustNotLeak(t, developed, 'NODE_ENV=development');
    },
    { limitMs: 30_000 },
  );
}

async function mustNotLeak(t: Stage, app: Instance, environment: string): Promise<void> {
  for (const { what, reply } of [...(await everyError(t, app)), await brokenExport(t, app)]) {
    const leak = leakIn(t, reply);
    t.trail.begin(`${reply.request}: ${what}, with ${environment}`);
    t.require(!leak, {
      expected: 'no stack, path, token or address of the supplier',
      seen: `${leak?.[0]}: “${leak?.[1]}”`,
    });
  }
}

function leakIn(t: Stage, { text, headers }: Reply): [what: string, where: string] | undefined {
  const all = `${text}\n${JSON.stringify(headers)}`;
  const supplier = new URL(t.supplier.url).host;
  const found = (what: string, where: string | undefined): [string, string] | undefined =>
    where === undefined ? undefined : [what, where];
  const literal = (secret: string) => (all.includes(secret) ? secret : undefined);
  return (
    found('a stack', /(?:\n|\\n|>|&nbsp;|")\s*at [^\n"]{0,60}:\d+:\d+/.exec(all)?.[0].trim()) ??
    found(
      'a path',
      literal(t.file('PLAN_FILE')) ?? literal(repoDir) ?? /(?:file:\/\/|node_modules\/|\/src\/)[\w./-]*/.exec(all)?.[0],
    ) ??
    found('the supplier’s token', literal(lesson.env.SUPPLIER_TOKEN ?? '')) ??
    found('the supplier’s address', literal(supplier) ?? literal(supplier.replace('127.0.0.1', 'localhost')))
  );
}
