import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { runCommand, signalGroup } from '../../os/command.ts';
import { freePort } from '../../os/ports.ts';
import type { Run } from '../../os/run.ts';
import type { Login } from '../provider.ts';
import type { Workplace } from './workplace.ts';

/** A server of ours that is up. */
export interface Cluster {
  port: number;
  pid: number;
  /** `orderly` writes everything to the data folder first; else it ends at once. */
  stop(how?: 'orderly'): Promise<void>;
}

const readyWithinMs = 20_000;
const endWithinMs = 10_000;

/** Everything about it is for a short life: nothing needs to survive a crash, and nothing may happen by itself. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '', // The path of one would be too long in some folders.
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_logical_replication_workers: 0,
  max_wal_size: '256MB',
  shared_buffers: '64MB',
  superuser_reserved_connections: 8, // The check gets in, however many connections the app holds.
  io_method: 'sync', // The other way is three more processes.
  dynamic_shared_memory_type: 'mmap', // In the data folder, so that a kill leaves nothing in /dev/shm.
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.save': 'off',
  autovacuum: 'off', // The seed is vacuumed and analyzed; a plan must not depend on when a worker came by.
  max_parallel_workers_per_gather: 0, // Nor a figure on idle cores.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Creates a data folder. Rejects with the last line of what initdb said. */
export async function createCluster(place: Workplace, data: string, admin: Login, run: Run): Promise<void> {
  const passwordFile = `${data}.password`;
  writeFileSync(passwordFile, `${admin.password}\n`, { mode: 0o600 });
  if (place.user) chownSync(passwordFile, place.user.ids.uid, place.user.ids.gid);
  const args = [
    `--pgdata=${data}`,
    `--username=${admin.user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The same order and case on every machine, whatever locales it has.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--wal-segsize=1',
    // For the servers that initdb itself starts, and may be killed with.
    `--set=dynamic_shared_memory_type=${settings.dynamic_shared_memory_type}`,
    '--no-sync',
    '--no-instructions',
  ];
  const askFirst = 'SIGTERM' as const; // It starts servers of its own, which end in good order when it does.
  const options = { env: serverEnv(), cwd: place.dir, limitMs: 60_000, run, askFirst, ...place.user?.ids };
  const { exitCode, stdout, stderr } = await runCommand(join(place.serverDir, 'bin', 'initdb'), args, options);
  rmSync(passwordFile);
  if (exitCode !== 0) throw new Error(`initdb ended with ${exitCode}: ${cause(`${stdout}\n${stderr}`)}`);
}

/** Starts a server on a data folder, on a free port of 127.0.0.1. */
export async function startCluster(place: Workplace, data: string, run: Run, port = freePort): Promise<Cluster> {
  for (let attempt = 1; ; attempt++) {
    const chosen = await port();
    const launched = launch(place, data, chosen, run);
    const problem = await untilReady(launched, data);
    if (!problem) {
      const { process: child } = launched;
      return {
        port: chosen,
        pid: child.pid ?? 0,
        stop: (how) => stop(child, how === 'orderly' ? 'SIGINT' : 'SIGQUIT'),
      };
    }
    await stop(launched.process, 'SIGQUIT');
    // Between our look and its start, another program may take the port.
    if (attempt === 5 || !/could not (bind|create any TCP)/i.test(problem)) throw new Error(problem);
  }
}

interface Launched {
  process: ChildProcess;
  lastOutput(): string;
}

function launch(place: Workplace, data: string, port: number, run: Run): Launched {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(place.serverDir, 'bin', 'postgres'), ['-D', data, '-p', String(port), ...options], {
    cwd: place.dir,
    env: { ...serverEnv(), ...run.env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    windowsHide: true,
    ...place.user?.ids,
  });
  // Killed without being asked, it would leave a segment of System V shared memory behind until the next boot.
  run.adopt(child, 'SIGQUIT');
  let output = '';
  const keep = (text: string) => {
    output = (output + text).slice(-4_000);
  };
  child.stderr?.setEncoding('utf8').on('data', keep);
  child.on('error', (error) => keep(error.message));
  return { process: child, lastOutput: () => output };
}

/** Polls until the server says in its own data folder that it is ready. Returns what went wrong, or nothing. */
async function untilReady(launched: Launched, data: string): Promise<string | undefined> {
  const deadline = performance.now() + readyWithinMs;
  while (performance.now() < deadline) {
    if (hasEnded(launched.process)) {
      await wait(20); // For the rest of its output.
      return `postgres ended at once: ${cause(launched.lastOutput())}`;
    }
    if (statusOf(data) === 'ready') return undefined;
    await wait(10);
  }
  return `postgres was not ready within ${readyWithinMs / 1000} s: ${cause(launched.lastOutput())}`;
}

/** The eighth line of postmaster.pid: "starting", "ready", "stopping". */
function statusOf(data: string): string | undefined {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim();
  } catch {
    return undefined; // Not yet written.
  }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal); // To the server alone: it ends its own children.
  const force = setTimeout(() => signalGroup(child, 'SIGKILL'), endWithinMs);
  await ended;
  clearTimeout(force);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Messages in English, and nothing of the user's own PostgreSQL settings. */
function serverEnv(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

/** The line that says why, out of everything that was said. */
function cause(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const telling = lines.filter((line) => /no space left|could not|FATAL|PANIC|error/i.test(line));
  return telling.find((line) => /no space left/i.test(line)) ?? telling[0] ?? lines.at(-1) ?? 'it said nothing';
}
