import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { runCommand, signalGroup } from '../../os/command.ts';
import { freePort } from '../../os/ports.ts';
import type { Run } from '../../os/run.ts';
import type { RedisServer } from '../provider.ts';

/** A redis-server or valkey-server binary and the environment that it needs. */
export interface RedisBinary {
  file: string;
  env: NodeJS.ProcessEnv;
}

const readyWithinMs = 10_000;
const endWithinMs = 2_000;

/** "redis-server 7.0.15". Rejects when the binary does not run here, with what it said. */
export async function binaryVersion({ file, env }: RedisBinary): Promise<string> {
  const { stdout, stderr } = await runCommand(file, ['--version'], { env, limitMs: 5_000 });
  const [, name, version] = /(redis|valkey) server v=([\w.-]+)/i.exec(stdout) ?? [];
  if (!name || !version) throw new Error((stderr || stdout).trim().split('\n')[0] || `${file} tells no version`);
  return `${name.toLowerCase()}-server ${version}`;
}

/** Starts a server of our own: on 127.0.0.1, on a free port, keeping nothing on disk. */
export async function startBinary(binary: RedisBinary, label: string, run: Run): Promise<RedisServer> {
  // The server reports the folder that it is in, and so we can tell ours from another one on the same port.
  const dir = realpathSync(mkdtempSync(join(run.dir, 'redis-')));
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = launch(binary, port, dir, run);
    const problem = await untilReady(child, port, dir);
    if (!problem) {
      return { url: `redis://127.0.0.1:${port}/0`, label, isStandIn: false, stop: () => stop(child.process, dir) };
    }
    await stop(child.process, undefined);
    // Between our look and its start, another program may take the port.
    if (attempt === 5 || !/address already in use|bind/i.test(problem)) {
      rmSync(dir, { recursive: true, force: true });
      throw new Error(problem);
    }
  }
}

interface Launched {
  process: ChildProcess;
  lastOutput(): string;
}

function launch({ file, env }: RedisBinary, port: number, dir: string, run: Run): Launched {
  const settings = {
    bind: '127.0.0.1',
    port,
    save: '',
    appendonly: 'no',
    dir,
    'protected-mode': 'yes',
    daemonize: 'no',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(file, args, {
    cwd: dir,
    env: { ...env, ...run.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
  run.adopt(child);
  let output = '';
  const keep = (text: string) => {
    output = (output + text).slice(-4_000);
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  child.on('error', (error) => keep(error.message));
  return { process: child, lastOutput: () => output.trim() };
}

/** Polls until our server answers. Returns what went wrong, or nothing. */
async function untilReady(child: Launched, port: number, dir: string): Promise<string | undefined> {
  const deadline = performance.now() + readyWithinMs;
  while (performance.now() < deadline) {
    const { exitCode, signalCode, pid } = child.process;
    if (pid === undefined || exitCode !== null || signalCode !== null) {
      return `the server ended at once (${pid ? (signalCode ?? exitCode) : 'not started'}): ${child.lastOutput()}`;
    }
    const answer = await ask(port);
    if (answer.includes('+PONG') && answer.includes(dir)) return undefined;
    await wait(10);
  }
  return `the server gave no answer within ${readyWithinMs / 1000} s: ${child.lastOutput()}`;
}

/** What comes back on PING and CONFIG GET dir, or nothing. */
function ask(port: number): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\nCONFIG GET dir\r\nQUIT\r\n'));
    socket.setEncoding('utf8').setTimeout(1_000, () => socket.destroy());
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => {}); // Refused: not up yet.
    socket.on('close', () => resolve(answer));
  });
}

async function stop(child: ChildProcess, dir: string | undefined): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    signalGroup(child, 'SIGTERM');
    const force = setTimeout(() => signalGroup(child, 'SIGKILL'), endWithinMs);
    await ended;
    clearTimeout(force);
  }
  if (dir) rmSync(dir, { recursive: true, force: true });
}
