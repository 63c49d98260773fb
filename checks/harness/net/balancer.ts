import { Agent, type ClientRequest, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { BalancerOptions } from '../model/balancing.ts';
import { noneIsReady, Readiness } from './readiness.ts';
import type { Target } from './target.ts';

/** Request header by which a check forces the instance (1-based). Removed before the app sees it. */
export const pinHeader = 'x-encore-pin';
/** Response header that tells a check which instance (1-based) answered. */
export const instanceHeader = 'x-encore-instance';

/** Response header of an answer that is the balancer's own: no instance has given one. */
export const brokenHeader = 'x-encore-broken';

/** Round robin per request over instances, as the load balancer of the story, which also ends TLS. */
export interface Balancer extends AsyncDisposable {
  url: string;
  port: number;
  /** Requests answered by each instance since the start. */
  answered: number[];
  /** Points the balancer at other addresses, after instances were restarted. */
  setTargets(targets: Target[]): void;
  /** The same for one of them (1-based), in the middle of requests: connections to the others are kept. */
  replaceTarget(number: number, target: Target): void;
  /** Whether the target (1-based) gets requests. */
  isReady(number: number): boolean;
  /** Resolves when this target (1-based) has been asked the next time: the moment from which a change stays unseen longest. */
  nextLook(number: number): Promise<void>;
  /** The longest time between two looks at one target since the last call: long where the machine gave us no core. */
  takeLongestGapMs(): number;
  /**
   * Takes `Secure` off the cookies that pass. TLS ends here, and the load generator's cookie jar never sends a Secure
   * cookie over the plain HTTP between it and us.
   */
  stripSecure: boolean;
  /** Answers since the last call. */
  takeAnswers(): SeenAnswer[];
}

/** An answer that a visitor got: when it began (as performance.now()), and its time to first byte in milliseconds. */
export interface SeenAnswer {
  at: number;
  ms: number;
  status: number;
}

/**
 * An instance may close a kept connection at the moment when a request is sent on it, as one does whose event loop was
 * blocked until the idle seconds were over. Whether the request had arrived is not known: a read is sent once more, and
 * what may not be done twice gets a fresh connection.
 */
interface Agents {
  kept: Agent;
  fresh: Agent;
}

function newAgents(keepsIdleMs: number | undefined): Agents {
  const kept = keepsIdleMs === undefined ? new Agent({ keepAlive: true }) : new KeepingAgent(keepsIdleMs);
  return { kept, fresh: new Agent({ keepAlive: false }) };
}

/** Closes idle connections when its own time is over. Node's Agent does so a second before the server would. */
class KeepingAgent extends Agent {
  readonly #idleMs: number;

  constructor(idleMs: number) {
    super({ keepAlive: true });
    this.#idleMs = idleMs;
  }

  override keepSocketAlive(socket: Socket): boolean {
    socket.setKeepAlive(true, 1_000);
    socket.unref();
    socket.setTimeout(this.#idleMs); // A free socket that times out is destroyed by the agent.
    return true;
  }

  override reuseSocket(socket: Socket, request: ClientRequest): void {
    socket.setTimeout(0);
    super.reuseSocket(socket, request);
  }
}

function destroy({ kept, fresh }: Agents): void {
  kept.destroy();
  fresh.destroy();
}

/**
 * @param port 0 picks a free one.
 * @param options Without readiness, all instances get requests. A pinned request goes where it is pinned to.
 */
export async function startBalancer(
  initial: Target[],
  port = 0,
  { readiness: readinessOptions, keepsIdleMs }: BalancerOptions = {},
): Promise<Balancer> {
  let targets = [...initial];
  let next = 0;
  const readiness = readinessOptions && new Readiness(readinessOptions);
  let agents = newAgents(keepsIdleMs);
  const answered: number[] = initial.map(() => 0);
  let answers: SeenAnswer[] = [];
  const server = createServer((incoming, outgoing) => {
    const pinned = Number(incoming.headers[pinHeader] ?? 0);
    const index = pinned > 0 ? pinned - 1 : nextIndex();
    if (index === undefined) {
      see(503, performance.now());
      outgoing.writeHead(503, { 'content-type': 'text/plain' }).end(noneIsReady);
      return;
    }
    const mayBeRepeated = incoming.method === 'GET' || incoming.method === 'HEAD';
    forward(incoming, outgoing, index, mayBeRepeated || keepsIdleMs !== undefined ? 'kept' : 'fresh');
  });
  server.keepAliveTimeout = 65_000; // Longer than a client keeps a connection, or it writes into a closed one.

  function nextIndex(): number | undefined {
    for (let tries = 0; tries < targets.length; tries++) {
      const index = next++ % targets.length;
      const target = targets[index];
      if (target && (readiness?.isReady(target) ?? true)) return index;
    }
    return undefined;
  }

  function forward(incoming: IncomingMessage, outgoing: ServerResponse, index: number, connection: keyof Agents): void {
    const startedAt = performance.now();
    const upstream = request(
      {
        host: targets[index]?.host,
        port: targets[index]?.port,
        method: incoming.method,
        path: incoming.url,
        agent: agents[connection],
        headers: forwardedHeaders(incoming),
      },
      (answer) => {
        answered[index] = (answered[index] ?? 0) + 1;
        // An instance that dies in the middle of an answer must not look like a finished one.
        answer.on('error', () => outgoing.destroy());
        const headers = balancer.stripSecure ? answer.rawHeaders.map(withoutSecure) : answer.rawHeaders;
        try {
          outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, [
            ...headers.filter((_, i, all) => !hopByHop.has((all[i - (i % 2)] ?? '').toLowerCase())),
            instanceHeader,
            String(index + 1),
          ]);
        } catch (error) {
          // What Node's parser lets through, such as status 099, its writer may refuse.
          upstream.destroy(error as Error);
          return;
        }
        see(answer.statusCode ?? 502, startedAt);
        answer.pipe(outgoing);
      },
    );
    upstream.on('upgrade', (_, socket) => {
      socket.on('error', () => {}).destroy();
      refuse('it switched to another protocol'); // No lesson asks for that.
    });
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      if (outgoing.destroyed) return; // The client has gone: its request must not be sent again.
      const closedMeanwhile = upstream.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      if (closedMeanwhile && keepsIdleMs === undefined && !outgoing.headersSent) {
        forward(incoming, outgoing, index, 'fresh');
      } else refuse(error.code ?? error.message);
    });
    const refuse = (reason: string) => {
      if (outgoing.headersSent) return void outgoing.destroy();
      see(502, startedAt);
      outgoing
        .writeHead(502, 'Bad Gateway', {
          'content-type': 'text/plain',
          [instanceHeader]: index + 1,
          [brokenHeader]: reason.replace(/[^\x20-\x7e]/g, ' '),
        })
        .end(`instance ${index + 1}: ${reason}`);
    };
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) upstream.destroy(); // The client went away: so does its request.
    });
    incoming.pipe(upstream);
  }

  function see(status: number, startedAt: number): void {
    const at = performance.now();
    answers.push({ at, ms: at - startedAt, status });
  }

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  const balancer: Balancer = {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    answered,
    stripSecure: false,
    takeAnswers() {
      const taken = answers;
      answers = [];
      return taken;
    },
    setTargets(newTargets) {
      targets = [...newTargets];
      destroy(agents);
      agents = newAgents(keepsIdleMs);
      void readiness?.watch(targets);
    },
    replaceTarget(number, target) {
      targets = targets.map((old, index) => (index === number - 1 ? target : old));
      void readiness?.watch(targets);
    },
    isReady(number) {
      const target = targets[number - 1];
      return target !== undefined && (readiness?.isReady(target) ?? true);
    },
    async nextLook(number) {
      const target = targets[number - 1];
      if (target) await readiness?.nextLook(target);
    },
    takeLongestGapMs: () => readiness?.takeLongestGapMs() ?? 0,
    async [Symbol.asyncDispose]() {
      readiness?.close();
      destroy(agents);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await readiness?.watch(targets);
  return balancer;
}

/** A raw header value (odd places) that is a Set-Cookie line without its Secure attribute; others as they are. */
function withoutSecure(value: string, index: number, all: string[]): string {
  const isSetCookie = index % 2 === 1 && all[index - 1]?.toLowerCase() === 'set-cookie';
  return isSetCookie ? value.replace(/;\s*secure(?=;|$)/i, '') : value;
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding']);

function forwardedHeaders(incoming: IncomingMessage) {
  const { [pinHeader]: _pin, connection: _connection, ...headers } = incoming.headers;
  const client = incoming.socket.remoteAddress ?? '127.0.0.1';
  const before = headers['x-forwarded-for'];
  return { ...headers, ...forwarded(before ? `${before}, ${client}` : client, headers.host ?? '') };
}

/** What the balancer tells an instance of a visitor. Who goes past it says the same, or an app sets no Secure cookie. */
export function forwarded(clients: string, host: string): Record<string, string> {
  return { 'x-forwarded-for': clients, 'x-forwarded-proto': 'https', 'x-forwarded-host': host };
}
