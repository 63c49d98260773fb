import { describe, expect, it } from 'vitest';
import { BehaviourFailure } from '../harness/model/verdict.ts';
import { Environment } from '../harness/runner/environment.ts';
import { appsDir } from './check-fixture.ts';
import lesson from './fixture/lesson.ts';
import { fakeRun } from './services/fake-run.ts';

describe('the migrations of an app', () => {
  const start = async (migrate: string) => {
    const run = fakeRun();
    try {
      await using environment = await Environment.start({
        lesson: { ...lesson, migrate, env: { GREETING: 'hello' } },
        subjectDir: `${appsDir}migrates`,
        run,
      });
      return {
        again: await environment.migrate(),
        failing: await environment.migrate({ GREETING: 'fail' }),
        throwing: await environment.migrate({ GREETING: 'throw' }),
      };
    } finally {
      await run[Symbol.asyncDispose]();
    }
  };

  it('are run with the app’s environment before it starts, and as often as a check wants', async () => {
    const { again, failing, throwing } = await start('src/migrate.ts');
    expect(again).toMatchObject({ ok: true, ending: 'exit code 0' });
    expect(again.output.lastLines()).toEqual(['hello, migrating']);
    expect(failing).toMatchObject({ ok: false, ending: 'exit code 4' });
    expect(throwing.output.crashLines(6).join('\n')).toContain('emial');
  });

  it('stop the check with their own lines when they fail', async () => {
    const error = await start('src/missing.ts').then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(BehaviourFailure);
    expect((error as BehaviourFailure).failure).toMatchObject({ kind: 'migration-failed', seen: 'exit code 1' });
    expect((error as BehaviourFailure).failure.appOutput?.join('\n')).toContain('missing.ts');
  });
});
