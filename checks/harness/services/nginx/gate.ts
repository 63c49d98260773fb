import type { Socket } from 'node:net';
import type { Target } from '../../net/target.ts';
import { startTcpProxy, type TcpProxy } from '../../net/tcp-proxy.ts';
import { type RequestHead, RequestHeads } from './request-heads.ts';

/** A request that nginx has sent to the app. */
export interface SeenRequest extends RequestHead {
  /** The gate (1-based) that it came through. */
  instance: number;
  /** Which of the gate's connections carried it, counted from 1. */
  connection: number;
  /** performance.now() when its head was whole. */
  at: number;
}

/** What becomes of a request: it goes on, or its connection breaks once the app has it. */
export type Fate = 'pass' | 'break';

/** The way to one instance: nginx knows only its address. What passes is seen, counted, held or broken off here. */
export interface Gate {
  /** Can be cut, held and slowed down, and counts connections. */
  readonly door: TcpProxy;
  /** Everything that nginx has sent here since `forget`. */
  readonly requests: readonly SeenRequest[];
  /** Bytes that the instance has answered since `forget`. */
  readonly answeredBytes: number;
  /** Asked of each request from now on. */
  decide(fate: ((request: SeenRequest) => Fate) | undefined): void;
  leadTo(target: Target): void;
  forget(): void;
}

/** Opens a gate that leads nowhere yet. */
export async function openGate(instance: number): Promise<Gate> {
  // Read at each connection: an instance that was started again has another port.
  const target: Target = { host: '127.0.0.1', port: 1 };
  let requests: SeenRequest[] = [];
  let answeredBytes = 0;
  let fateOf: ((request: SeenRequest) => Fate) | undefined;
  let connections = 0;

  function watch(client: Socket, upstream: Socket): void {
    const connection = ++connections;
    const heads = new RequestHeads((head) => {
      const request = { ...head, instance, connection, at: performance.now() };
      requests.push(request);
      if (fateOf?.(request) !== 'break') return;
      // The rest of this chunk is on its way to the app. The app has the request, and nginx gets no answer.
      setImmediate(() => client.destroy());
    });
    client.on('data', (chunk: Buffer) => heads.feed(chunk));
    upstream.on('data', (chunk: Buffer) => {
      answeredBytes += chunk.length;
    });
  }

  const door = await startTcpProxy({ target, onConnection: watch });
  return {
    door,
    get requests() {
      return requests;
    },
    get answeredBytes() {
      return answeredBytes;
    },
    decide(fate) {
      fateOf = fate;
    },
    leadTo({ host, port }) {
      target.host = host;
      target.port = port;
    },
    forget() {
      requests = [];
      answeredBytes = 0;
    },
  };
}
