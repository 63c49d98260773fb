import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Child } from '../../os/child.ts';
import { runCommand } from '../../os/command.ts';
import { freePort } from '../../os/ports.ts';
import type { Run } from '../../os/run.ts';
import type { Binary } from '../debian/packaged.ts';
import type { RedisServer } from '../provider.ts';

const readyWithinMs = 10_000;
const endWithinMs = 2_000;

/** "redis-server 7.0.15". Rejects when the binary does not run here, with what it said. */
export async function binaryVersion({ file, env }: Binary): Promise<string> {
  const { stdout, stderr } = await runCommand(file, ['--version'], { env, limitMs: 5_000 });
  const [, name, version] = /(redis|valkey) server v=([\w.-]+)/i.exec(stdout) ?? [];
  if (!name || !version) throw new Error((stderr || stdout).trim().split('\n')[0] || `${file} tells no version`);
  return `${name.toLowerCase()}-server ${version}`;
}

/** Starts a server of our own: on 127.0.0.1, on a free port, keeping nothing on disk. */
export async function startBinary(binary: Binary, label: string, run: Run): Promise<RedisServer> {
  // The server reports the folder that it is in, and so we can tell ours from another one on the same port.
  const dir = realpathSync(mkdtempSync(join(run.dir, 'redis-')));
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = await launch(binary, port, dir, run);
    const problem = await child.readyWhen(async () => {
      const answer = await ask(port);
      return answer.includes('+PONG') && answer.includes(dir);
    }, readyWithinMs);
    if (!problem) {
      const stop = async () => {
        await child.stop('SIGTERM', endWithinMs, 'its group');
        rmSync(dir, { recursive: true, force: true });
      };
      return { url: `redis://127.0.0.1:${port}/0`, label, isStandIn: false, stop };
    }
    await child.stop('SIGTERM', endWithinMs, 'its group');
    // Between our look and its start, another program may take the port.
    if (attempt === 5 || !/address already in use|bind/i.test(problem)) {
      rmSync(dir, { recursive: true, force: true });
      throw new Error(problem);
    }
  }
}

function launch({ file, env }: Binary, port: number, dir: string, run: Run): Promise<Child> {
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
  return run.spawn(file, args, { cwd: dir, env });
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
