import { defineCheck } from '../../harness/runner/check.ts';
import type { Stage } from '../../harness/runner/stage.ts';
import lesson from './lesson.ts';

defineCheck(lesson, ({ behaviour }) => {
  const teaching = { because: 'The mechanism of this behaviour.', lookAt: 'the worker' };
  const doneBy = (t: Stage) =>
    t.until('the job to be done', async () => {
      const { text } = (await t.visitor().get('/done')).mustBe(200);
      return text !== '' && text;
    });
  const aJobIsDone = async (t: Stage) => {
    (await t.visitor().post('/jobs', {})).mustBe(202);
    return doneBy(t);
  };
  behaviour('works', 'the worker does what visitors leave', teaching, async (t) => {
    const pid = await aJobIsDone(t);
    t.require(Number(pid) === t.worker().pid, { expected: 'the worker', seen: pid });
    const { processes } = await t.worker().probe.read();
    t.require(processes.length === 1, { expected: 'its probe', seen: String(processes) });
  });
  behaviour('late', 'what is left while the worker is away is done once it is back', teaching, async (t) => {
    await killWorker(t);
    (await t.visitor().post('/jobs', {})).mustBe(202);
    await t.restart('worker');
    await doneBy(t);
  });
  behaviour('killed', 'the worker is killed', teaching, async (t) => {
    await killWorker(t);
  });
  behaviour('repaired', 'it works again for the next behaviour', teaching, async (t) => {
    await aJobIsDone(t);
  });
  behaviour('second', 'a second worker shares the work', teaching, async (t) => {
    const second = await t.startExtra({ worker: true });
    const pids = new Set<string>();
    await t.until('both to have done a job', async () => {
      pids.add(await aJobIsDone(t));
      return pids.has(String(second.pid)) && pids.has(String(t.worker().pid));
    });
  });
  behaviour('everything', 'instances and worker are started again', teaching, async (t) => {
    const before = t.worker().pid;
    await t.restart();
    t.require(t.worker().pid !== before, { expected: 'another process', seen: 'the same' });
    await aJobIsDone(t);
  });
});

async function killWorker(t: Stage): Promise<void> {
  await t.worker().kill();
  // Until Redis knows that it is gone, a job is handed to it and lost with it.
  await t.until('the killed worker to wait for no job', async () =>
    (await t.redis.client.info('clients')).includes('blocked_clients:0'),
  );
}
