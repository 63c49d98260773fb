import { describe, expect, it } from 'vitest';
import { Environment } from '../harness/runner/environment.ts';
import { appsDir } from './check-fixture.ts';
import fixture from './fixture/lesson.ts';
import { fakeRun } from './services/fake-run.ts';

const lesson = { ...fixture, ports: ['METRICS_PORT'] };
const subjectDir = `${appsDir}listens-twice`;
const textAt = async (port: number | undefined) => (await fetch(`http://127.0.0.1:${port}/`)).text();

describe('more ports of a lesson', () => {
  it('are another one for each instance, which the app is told and the check knows', async () => {
    await using run = fakeRun();
    await using environment = await Environment.start({ lesson: { ...lesson, instances: 2 }, subjectDir, run });
    const [one, two] = environment.instances;
    expect(one?.ports.METRICS_PORT).not.toBe(two?.ports.METRICS_PORT);
    for (const instance of [one, two]) {
      expect(await textAt(instance?.ports.METRICS_PORT)).toBe('figures');
      expect(await textAt(instance?.port)).toBe('customers');
    }
  });

  it('are kept over a restart if dev asks for the same', async () => {
    await using run = fakeRun();
    let wanted: Record<string, number> | undefined;
    await using environment = await Environment.start({ lesson, subjectDir, run, launch: () => ({ ports: wanted }) });
    wanted = environment.instances[0]?.ports;
    await environment.restart();
    expect(environment.instances[0]?.ports).toEqual(wanted);
    expect(await textAt(wanted?.METRICS_PORT)).toBe('figures');
  });
});
