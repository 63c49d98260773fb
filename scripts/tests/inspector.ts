import { once } from 'node:events';

interface Told {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
}

/** A debugger that speaks the inspector protocol over a WebSocket, as Chrome and VS Code do. */
export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  readonly #told: Told[] = [];
  #hear: () => void = () => {};
  #nextId = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      this.#told.push(JSON.parse(String(data)) as Told);
      this.#hear();
    });
  }

  /** @param address "127.0.0.1:9229" */
  static async attach(address: string): Promise<Inspector> {
    const [target] = (await (await fetch(`http://${address}/json`)).json()) as { webSocketDebuggerUrl: string }[];
    if (!target) throw new Error(`nothing to debug at ${address}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    const inspector = new Inspector(socket);
    await once(socket, 'open');
    return inspector;
  }

  async call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.#nextId++;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return (await this.#first((told) => told.id === id)).result ?? {};
  }

  /** The first event of this name, also when it has come already. */
  async event(method: string): Promise<Record<string, unknown>> {
    return (await this.#first((told) => told.method === method)).params ?? {};
  }

  async #first(wanted: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const found = this.#told.find(wanted);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#hear = resolve;
      });
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
