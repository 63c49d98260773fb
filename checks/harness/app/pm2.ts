import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Run } from '../os/run.ts';
import { type AppCommandEnd, runAppCommand } from './app-command.ts';
import { inheritedEnv } from './inherited-env.ts';
import type { Program } from './start-process.ts';

/** Its measurements of the machine run `df` whenever it looks at its workers: to a check that would be one more of them. */
const settings = { pm2: { sysmonit: 'false' } };

/** PM2 puts its sockets there, and the path of a socket may have about a hundred bytes. */
const longestHome = 80;

export interface Pm2Options {
  run: Run;
  /** The folder of the ecosystem file. */
  dir: string;
  ecosystem: string;
}

/**
 * A PM2 of one instance, with a home of its own: how it is started, and how it is told something later. Nothing of PM2 is
 * loaded into this process; both are its commands.
 */
export class Pm2 {
  /** Sockets, pids and logs. Deleted with the run. */
  readonly home: string;
  readonly #run: Run;
  readonly #dir: string;
  readonly #ecosystem: string;

  constructor({ run, dir, ecosystem }: Pm2Options) {
    this.home = makeHome(run);
    this.#run = run;
    this.#dir = dir;
    this.#ecosystem = ecosystem;
  }

  /** PM2 without a daemon: it is the process that is started, and ends with it. */
  get program(): Program {
    return {
      file: this.#ecosystem,
      args: [binary('pm2-runtime'), 'start', this.#ecosystem],
      command: `npx pm2-runtime start ${this.#ecosystem}`,
    };
  }

  /** What every command of it is told. */
  get env(): Record<string, string> {
    return {
      PM2_HOME: this.home,
      PM2_DISCRETE_MODE: 'true', // No banner, and no question to its makers' server whether there is a newer version.
      PM2_DISABLE_VERSION_CHECK: 'true',
      PM2_NO_INTERACTION: 'true',
      // In fork mode it starts the `node` that it finds first.
      PATH: [dirname(process.execPath), inheritedEnv().PATH].join(delimiter),
    };
  }

  /** Runs `pm2 …` to its end. If nobody answers in its home it is not run: it would start a daemon. */
  async command(...args: string[]): Promise<AppCommandEnd | undefined> {
    if (!(await this.#answers())) return undefined;
    return runAppCommand({ run: this.#run, dir: this.#dir, script: binary('pm2'), args, env: this.env });
  }

  async #answers(): Promise<boolean> {
    const socket = connect(join(this.home, 'rpc.sock'));
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}

const systemsOwn = new Set(['sh', 'dash', 'bash', 'getconf', 'df', 'ps']);

/**
 * Whether PM2 has started this process to ask the system for a figure, as with `sh -c 'getconf CLK_TCK'` when it first looks at
 * what its workers use. It lives for some milliseconds, and is no worker. Only Linux tells: elsewhere false.
 */
export function asksTheSystem(pid: number): boolean {
  try {
    return systemsOwn.has(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  } catch {
    return false; // It has ended, or the system does not say.
  }
}

function binary(name: 'pm2' | 'pm2-runtime'): string {
  return join(dirname(createRequire(import.meta.url).resolve('pm2/package.json')), 'bin', name);
}

function makeHome(run: Run): string {
  const name = `encore-pm2-${randomBytes(4).toString('hex')}`;
  const inRun = join(run.dir, name);
  const home = Buffer.byteLength(inRun) <= longestHome ? inRun : join(tmpdir(), name);
  run.deleteToo(home);
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, 'module_conf.json'), JSON.stringify(settings));
  return home;
}
