import { chownSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Child } from '../../os/child.ts';
import { runCommand } from '../../os/command.ts';
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
    const child = await launch(place, data, chosen, run);
    const problem = await child.readyWhen(() => statusOf(data) === 'ready', readyWithinMs);
    if (!problem) {
      return {
        port: chosen,
        pid: child.pid,
        stop: (how) => child.stop(how === 'orderly' ? 'SIGINT' : 'SIGQUIT', endWithinMs), // It ends its own children.
      };
    }
    await child.stop('SIGQUIT', endWithinMs);
    // Between our look and its start, another program may take the port.
    if (attempt === 5 || !/could not (bind|create any TCP)/i.test(problem))
      throw new Error(`postgres: ${cause(problem)}`);
  }
}

function launch(place: Workplace, data: string, port: number, run: Run): Promise<Child> {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return run.spawn(join(place.serverDir, 'bin', 'postgres'), ['-D', data, '-p', String(port), ...options], {
    cwd: place.dir,
    env: serverEnv(),
    stdio: ['ignore', 'ignore', 'pipe'],
    askFirst: 'SIGQUIT', // Killed without being asked, it would leave a segment of System V shared memory behind.
    ...place.user?.ids,
  });
}

/** The eighth line of postmaster.pid: "starting", "ready", "stopping". */
function statusOf(data: string): string | undefined {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim();
  } catch {
    return undefined; // Not yet written.
  }
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
