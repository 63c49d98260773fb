import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Answer, type Connection, type Probe, probeOver } from './probe.ts';

/** Listens for the probes of every app of a check. */
export class ProbeServer implements AsyncDisposable {
  readonly #server = createServer((socket) => this.#welcome(socket));
  readonly #connections: Connection[] = [];
  readonly #sockets = new Set<Socket>();

  static async start(): Promise<ProbeServer> {
    const probe = new ProbeServer();
    await new Promise<void>((resolve, reject) => probe.#server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return probe;
  }

  /**
   * The environment that makes an app load the probe; `app` is a name of letters and digits.
   * @param profileDir where each thread writes a CPU profile when its process exits; none when it is left out.
   */
  env(app: string, profileDir?: string): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    const preload = pathToFileURL(fileURLToPath(new URL('./preload.js', import.meta.url))).href;
    const profile = profileDir ? ` --cpu-prof --cpu-prof-dir=${JSON.stringify(profileDir)}` : '';
    return { NODE_OPTIONS: `--import ${preload}${profile}`, ENCORE_PROBE: `${port}/${app}` };
  }

  #welcome(socket: Socket): void {
    this.#sockets.add(socket);
    const waiting = new Map<number, (answer: Answer) => void>();
    let connection: Connection | undefined;
    let nextId = 1;
    socket.setNoDelay(true).on('error', () => {});
    const lines = createInterface({ input: socket });
    lines.on('error', () => {}); // It passes the socket's errors on: an app may die with a question unread.
    lines.on('line', (line) => {
      const message = parse(line);
      if (!message) return void socket.destroy(); // Whoever that is, it is no probe.
      if (message.id !== undefined && message.answer) {
        waiting.get(message.id)?.(message.answer);
        waiting.delete(message.id);
        return;
      }
      connection = {
        app: message.app,
        pid: message.pid,
        open: true,
        last: { threadsCreated: 0 },
        lastCpuMs: 0,
        ask: (command, { argument, withinMs = 10_000 } = {}) =>
          new Promise((resolve, reject) => {
            const id = nextId++;
            const timer = setTimeout(() => reject(new Error('timeout')), withinMs);
            waiting.set(id, (answer) => {
              clearTimeout(timer);
              resolve(answer);
            });
            socket.write(`${JSON.stringify({ id, command, argument })}\n`);
          }),
      };
      this.#connections.push(connection);
    });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (connection) connection.open = false;
    });
  }

  /** @param mainPid the process that the harness started; others of the same app are its children. */
  probeOf(app: string, mainPid: number): Probe {
    return probeOver(() => this.#connections.filter((connection) => connection.app === app), mainPid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface Message {
  app: string;
  pid: number;
  id?: number;
  answer?: Answer;
}

function parse(line: string): Message | undefined {
  try {
    const message = JSON.parse(line) as Message | null;
    const known = typeof message?.id === 'number' || (typeof message?.app === 'string' && Number(message.pid) > 0);
    return known ? (message ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}
