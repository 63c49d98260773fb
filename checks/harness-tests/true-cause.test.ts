import { describe, expect, it } from 'vitest';
import { checkApp } from './check-fixture.ts';

/** What a learner reads about the first behaviour that fails. */
async function failureOf(app: string, ...flags: string[]) {
  const result = await checkApp(app, '--no-load', ...flags);
  const failed = result.behaviours.find(({ outcome }) => outcome === 'fail');
  return { id: failed?.id, ...failed?.failure, lines: failed?.failure?.appOutput?.join('\n') ?? '' };
}

describe.concurrent('a failure is told as what happened, before what its behaviour is about', {
  timeout: 120_000,
}, () => {
  it('names the error that a route throws', async () => {
    const { id, because, seen, lines } = await failureOf('throws-in-route');
    expect(id).toBe('secret');
    expect(seen).toMatch(/^500 /);
    expect(because).toBe(
      "The app threw while it answered GET /secret: TypeError: Cannot read properties of undefined (reading 'name')",
    );
    expect(lines).toMatch(/src\/server\.ts:\d+/);
    expect(lines).not.toContain('node_modules');
  });

  it('names a connection that the app breaks', async () => {
    const { because } = await failureOf('closes-connections');
    expect(because).toMatch(/^The app broke the connection in the middle of GET \/secret/);
  });

  it('names a route that is missing', async () => {
    const { because, seen } = await failureOf('missing-route');
    expect(seen).toBe('404 Cannot GET /secret');
    expect(because).toMatch(/^The app has no route for GET \/secret\./);
  });

  it('names an error that the app has caught and printed', async () => {
    const { because, expected, lines } = await failureOf('logs-own-fault');
    expect(expected).toBe('401');
    expect(because).toMatch(/^The app threw while the check asked it: TypeError: Cannot read properties/);
    expect(lines).toContain('src/server.ts');
  });

  it('leaves the behaviour its sentence where the app tells of a service that is away', async () => {
    expect(await failureOf('logs-an-outage')).toMatchObject({ because: 'The app lets everybody in.', seen: '200' });
  });

  it('leaves the behaviour its sentence where the app has logged as JSON what it has caught', async () => {
    expect(await failureOf('logs-as-json')).toMatchObject({ because: 'The app lets everybody in.', seen: '200' });
  });

  it.runIf(process.platform === 'linux')('names thousands of open connections', async () => {
    expect((await failureOf('opens-thousands')).because).toMatch(/^The app has 5,\d\d\d files and connections open/);
  });

  it('asks again while an app that listens is not ready', async () => {
    const { behaviours } = await checkApp('not-ready-at-first', '--no-load');
    expect(behaviours.map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'pass', 'pass']);
  });

  it('names the error that is thrown only under load', async () => {
    const { load } = await checkApp('throws-under-load');
    expect(load?.failure?.seen).toMatch(/answers were 500/);
    expect(load?.failure?.because).toMatch(/^Under load the app threw: TypeError: Cannot read properties of undefined/);
    expect(load?.failure?.appOutput?.join()).toContain('src/server.ts');
  });

  it('names a heap that is full', async () => {
    const { kind, because } = await failureOf('runs-out-of-memory');
    expect(kind).toBe('crashed');
    expect(because).toMatch(/^The app ran out of memory/);
  });
});

describe.concurrent('mistakes of people who are new to type stripping', { timeout: 120_000 }, () => {
  it.each([
    ['import-without-ending', 'exited-early', /^server\.ts imports "greeting", .* whole name\.$/, /write greeting\.ts/],
    ['enum-and-parameter-property', 'exited-early', /uses a TypeScript parameter property\./, /in the constructor/],
    ['type-as-value', 'exited-early', /^The app imports Greeting as a value/, /import type \{ Greeting \}/],
    ['taken-port', 'wrong-port', /^The app listens on a port of its own choice/, /with which port/],
  ] as const)('are named: %s', async (app, kind, because, lookAt) => {
    const failure = await failureOf(app);
    expect(failure.kind).toBe(kind);
    expect(failure.because).toMatch(because);
    expect(failure.lookAt).toMatch(lookAt);
  });
});
