import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Inconclusive } from '../verdict.ts';

/** What a process of the app tells about itself. Times in milliseconds, memory in bytes. */
export interface ProbeReading {
  /** How much later than planned the event loop came round, since the last reset. */
  eventLoopDelay: { p50: number; p99: number; max: number };
  /**
   * For how long at a time the loop was held by what ran on it: the delay in CPU time of the main thread, which a busy
   * machine does not stretch. The plain delay where Node can't tell (before 23.9).
   */
  eventLoopHeld: { p50: number; p99: number; max: number };
  /** Event-loop utilisation since the last reset, 0 to 1. */
  elu: number;
  /** CPU time of the process and its threads since the last reset. */
  cpuMs: number;
  heapUsed: number;
  rss: number;
  /** Worker threads ever made, over all processes of the app. */
  threadsCreated: number;
  /** Every process of the app that ever loaded the probe, ended ones included. */
  processes: number[];
}

/** The probe of one app process and what it started. */
export interface Probe {
  /** Starts the measuring window of the app's main process. */
  reset(): Promise<void>;
  read(): Promise<ProbeReading>;
  /** Collects garbage first, so that `heapUsed` is what the app really holds. */
  readAfterGc(): Promise<ProbeReading>;
  /** CPU time of every process of the app so far, threads included: differences of it are what the work cost. */
  cpuMs(): Promise<number>;
  /** Tells every process of the app to call `process.exit()`. */
  exit(): void;
}

type Answer = Omit<ProbeReading, 'processes'>;
interface Connection {
  app: string;
  pid: number;
  ask(command: string): Promise<Answer>;
  last: { threadsCreated: number };
  lastCpuMs: number;
  open: boolean;
}

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
    createInterface({ input: socket }).on('line', (line) => {
      const message = JSON.parse(line) as { app: string; pid: number; id?: number; answer?: Answer };
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
        ask: (command) =>
          new Promise((resolve, reject) => {
            const id = nextId++;
            const timer = setTimeout(() => reject(new Error('timeout')), 10_000);
            waiting.set(id, (answer) => {
              clearTimeout(timer);
              resolve(answer);
            });
            socket.write(`${JSON.stringify({ id, command })}\n`);
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
    const all = () => this.#connections.filter((connection) => connection.app === app);
    const main = async (): Promise<Connection> => {
      for (const until = performance.now() + 2_000; performance.now() < until; ) {
        const found = all().find((connection) => connection.pid === mainPid && connection.open);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Inconclusive(
        'the measuring probe did not load into the app, so there is nothing to judge by',
        'leave NODE_OPTIONS and ENCORE_PROBE as they are when the app starts processes of its own',
      );
    };
    const ask = async (command: string) => {
      const connection = await main();
      try {
        return await connection.ask(command);
      } catch {
        throw new Inconclusive(
          'the app did not let the measuring probe answer within 10 s',
          'is its event loop blocked for ever?',
        );
      }
    };
    const read = async (): Promise<ProbeReading> => {
      const answer = await ask('read');
      const family = all();
      const others = family.filter((connection) => connection.pid !== mainPid);
      const theirs = await Promise.all(
        others.map(async (other) => {
          if (other.open) other.last = await other.ask('read').catch(() => other.last);
          return other.last.threadsCreated;
        }),
      );
      return {
        ...answer,
        threadsCreated: theirs.reduce((sum, count) => sum + count, answer.threadsCreated),
        processes: [...new Set(family.map((connection) => connection.pid))],
      };
    };
    return {
      reset: async () => void (await ask('reset')),
      read,
      readAfterGc: async () => {
        await ask('gc');
        await ask('gc'); // The first collection runs finalizers whose objects only the second can free.
        return read();
      },
      cpuMs: async () => {
        const connections = new Set([await main(), ...all()]);
        for (const connection of connections) {
          if (!connection.open) continue; // What an ended process used last still counts.
          const { cpuMs } =
            connection.pid === mainPid
              ? await ask('cpu')
              : await connection.ask('cpu').catch(() => ({ cpuMs: connection.lastCpuMs }));
          connection.lastCpuMs = cpuMs;
        }
        return [...connections].reduce((sum, { lastCpuMs }) => sum + lastCpuMs, 0);
      },
      exit: () => {
        for (const connection of all()) if (connection.open) connection.ask('exit').catch(() => {}); // Nobody answers.
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
