import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BehaviourFailure } from '../../model/verdict.ts';
import type { Child } from '../../os/child.ts';
import { accepts } from '../../os/ports.ts';
import { processTable } from '../../os/processes.ts';
import type { Run } from '../../os/run.ts';
import type { NginxProgram } from './program.ts';
import { configName } from './site.ts';

const readyWithinMs = 10_000;
const endWithinMs = 2_000;
const reloadedWithinMs = 10_000;

/** An nginx that serves from a folder of its own. */
export interface RunningNginx {
  child: Child;
  /** Reads its configuration anew, as a deploy does. Resolves once new workers are there. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts nginx in a folder that was laid out for it, and waits until it listens.
 * @returns undefined when somebody else has taken its port.
 * @throws {BehaviourFailure} when it does not take the learner's configuration.
 */
export async function startNginx(
  { file, env }: NginxProgram,
  dir: string,
  port: number,
  run: Run,
): Promise<RunningNginx | undefined> {
  // Root's nginx would give its workers to another user, who may not enter the folder.
  const user = userInfo().uid === 0 ? ' user root;' : '';
  const settings = `daemon off; pid run/nginx.pid;${user}`;
  const args = ['-p', `${dir}/`, '-c', join(dir, configName), '-e', 'stderr', '-g', settings];
  const child = await run.spawn(file, args, { cwd: dir, env });
  const problem = await child.readyWhen(() => accepts(port), readyWithinMs);
  const stop = () => child.stop('SIGTERM', endWithinMs, 'its group');
  if (!problem) return { child, reload: () => reload(child), stop };
  const ended = child.hasEnded;
  await stop();
  if (/address already in use/i.test(problem)) return undefined;
  throw ended ? refusedConfig(child, dir) : doesNotListen(child, dir);
}

async function reload(child: Child): Promise<void> {
  const workers = () => processTable().filter(({ ppid }) => ppid === child.pid);
  const before = new Set(workers().map(({ pid }) => pid));
  child.signal('SIGHUP');
  for (const from = performance.now(); performance.now() - from < reloadedWithinMs; await delay(10)) {
    if (child.hasEnded || workers().some(({ pid }) => !before.has(pid))) return;
  }
}

/** Lines of nginx, with the paths of the learner's folder as the learner knows them. */
function linesOf(child: Child, dir: string): string[] {
  const lines = child.lastWords().split('\n').filter(Boolean);
  return lines.map((line) => line.replaceAll(`${dir}/`, '').replace(/^[\d/]+ [\d:]+ /, '')).slice(-8);
}

function refusedConfig(child: Child, dir: string): BehaviourFailure {
  return new BehaviourFailure({
    kind: 'exited-early',
    trail: [{ what: `nginx -c ${configName}` }],
    expected: 'nginx to start',
    seen: `it ended with ${child.ending()}`,
    because: 'nginx does not take this configuration. Its own line says which directive it is about, and where.',
    lookAt: `the line below, and that line of ${configName}`,
    appOutput: linesOf(child, dir),
  });
}

function doesNotListen(child: Child, dir: string): BehaviourFailure {
  return new BehaviourFailure({
    kind: 'wrong-port',
    trail: [{ what: `nginx -c ${configName}` }],
    expected: 'to listen where listen.conf says',
    seen: `nginx runs, and nobody listens there after ${readyWithinMs / 1_000} s`,
    because: 'The address comes from listen.conf. A server block that does not include it listens elsewhere.',
    lookAt: `does a server block of ${configName} say "include listen.conf;"?`,
    appOutput: linesOf(child, dir),
  });
}
