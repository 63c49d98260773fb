import { describe, expect, it } from 'vitest';
import { AppProcess } from '../harness/app-process.ts';
import { commandOf } from '../harness/processes.ts';
import { appsDir } from './check-fixture.ts';
import { fakeRun } from './services/fake-run.ts';

describe.skipIf(process.platform === 'win32')('an app that is started under another command', () => {
  it('is that process itself, not a child of it', async () => {
    await using run = fakeRun();
    await using app = await AppProcess.start({
      run,
      dir: `${appsDir}right`,
      env: {},
      name: 'instance 1',
      under: ['env', 'ONE_MORE=1'],
    });
    expect(commandOf(app.pid)).toMatch(/node\S* src\/server\.ts$/);
    expect((await fetch(app.url)).status).toBe(200);
    expect(await app.stop()).toBeUndefined();
  });
});
