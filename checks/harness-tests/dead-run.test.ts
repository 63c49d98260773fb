import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// Real processes, in a PID namespace of their own: what is ended there is nobody of this machine.
const namespace = ['--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child'];
const unshare = (...command: string[]) => spawnSync('unshare', [...namespace, ...command], { encoding: 'utf8' });
// Its first process has number 1 only when there is a namespace.
const canUnshare = process.platform === 'linux' && unshare('sh', '-c', 'echo $$').stdout === '1\n';

/** Sweeps a dead run with each list, beside a bystander who is no child of the sweeping process. */
const script = (runsDir: string) => `
  const { spawn, spawnSync } = await import('node:child_process');
  const { mkdirSync, writeFileSync } = await import('node:fs');
  const { join } = await import('node:path');
  const harness = ${JSON.stringify(new URL('../harness/os/', import.meta.url).href)};
  const { sweepDeadRuns } = await import(harness + 'run-end.ts');
  const { writeAdopted, writeOwner } = await import(harness + 'run-files.ts');
  const { identityOf } = await import(harness + 'processes.ts');
  const start = () => spawn('sleep', ['100'], { detached: true, stdio: 'ignore' });
  const bystander = start();
  const ours = start();
  const lists = {
    'empty': '', 'white space': '  \\n', 'torn pid': String(bystander.pid).slice(0, 1), 'pid 0': '0 0 SIGKILL\\n',
    'pid 1': '1 1 SIGKILL\\n', 'pid -1': '-1 5 SIGKILL\\n', 'no start': bystander.pid + ' 0 SIGKILL\\n', 'junk': '\\0\\0\\n',
    'not sealed': bystander.pid + ' ' + identityOf(bystander.pid).startedAt + ' SIGKILL\\n',
  };
  const gone = spawnSync('true').pid;
  const alive = (child) => child.exitCode === null && child.signalCode === null;
  const turn = () => new Promise((resolve) => setTimeout(resolve, 50));
  let number = 0;
  const runOf = (write) => {
    const dir = join(${JSON.stringify(runsDir)}, String(number++).padStart(12, '0'));
    mkdirSync(dir);
    writeOwner(dir, { pid: gone, startedAt: 1 });
    write(dir);
  };
  const said = {};
  for (const [name, text] of Object.entries(lists)) {
    runOf((dir) => writeFileSync(join(dir, 'processes'), text));
    const sentences = await sweepDeadRuns(${JSON.stringify(runsDir)});
    await turn();
    said[name] = [sentences.length, alive(bystander), alive(ours)].join();
  }
  runOf((dir) => mkdirSync(join(dir, 'processes')));
  const sentences = await sweepDeadRuns(${JSON.stringify(runsDir)});
  await turn();
  said['a folder'] = [sentences.length, alive(bystander), alive(ours)].join();
  runOf((dir) => {
    writeAdopted(dir, { ...identityOf(ours.pid), signal: 'SIGKILL' });
    writeAdopted(dir, { ...identityOf(bystander.pid), startedAt: 1, signal: 'SIGKILL' });
  });
  await sweepDeadRuns(${JSON.stringify(runsDir)});
  await turn();
  said['a whole one'] = [alive(bystander), alive(ours)].join();
  console.log(JSON.stringify(said));
  process.exit();`;

describe.runIf(canUnshare)('a dead run is swept, and a bystander', () => {
  it('lives, whatever stands in the list of its processes', { timeout: 30_000 }, () => {
    const runsDir = mkdtempSync(join(tmpdir(), 'encore-dead-runs-'));
    const { stdout, stderr } = unshare(process.execPath, '--input-type=module', '-e', script(runsDir));
    rmSync(runsDir, { recursive: true, force: true });
    expect(stderr).toBe('');
    const said = JSON.parse(stdout) as Record<string, string>;
    const { 'a whole one': whole, ...broken } = said;
    expect(Object.keys(broken)).toHaveLength(10);
    // One sentence each; the bystander lives, and so does ours, because nobody knows it.
    for (const [name, what] of Object.entries(broken)) expect(`${name}: ${what}`).toBe(`${name}: 1,true,true`);
    expect(whole).toBe('true,false');
  });
});
