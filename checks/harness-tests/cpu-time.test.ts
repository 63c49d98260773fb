import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { cpuMsOf, threadCpuMs } from '../harness/measure/cpu-time.ts';
import { processTree } from '../harness/os/processes.ts';

/** Burns 300 ms of CPU in a thread and as much in a child, and says when both have ended. */
const script = `
const { Worker } = require('node:worker_threads');
const { spawn } = require('node:child_process');
const burn = 'const used = () => { const { user, system } = process.cpuUsage(); return user + system; };' +
  'for (const from = used(); used() - from < 300_000; );';
const ended = (one) => new Promise((resolve) => one.once('exit', resolve));
ended(new Worker(burn, { eval: true }))
  .then(() => ended(spawn(process.execPath, ['-e', burn])))
  .then(() => process.stdout.write('ended'));
setInterval(() => {}, 1_000);`;

it.runIf(process.platform === 'linux')('counts the CPU time of threads and children that have ended', async () => {
  const child = spawn(process.execPath, ['-e', script], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    const tree = processTree(child.pid ?? -1);
    const living = [...(threadCpuMs(tree)?.values() ?? [])].reduce((sum, ms) => sum + ms, 0);
    expect(cpuMsOf(tree)).toBeGreaterThan(590);
    expect(cpuMsOf(tree) - living).toBeGreaterThan(400);
  } finally {
    child.kill('SIGKILL');
  }
});
