import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readiness, type ReadinessOptions } from './readiness.ts';
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

function newAgents(): Agents {
  return { kept: new Agent({ keepAlive: true }), fresh: new Agent({ keepAlive: false }) };
}

function destroy({ kept, fresh }: Agents): void {
  kept.destroy();
  fresh.destroy();
}

/**
 * @param port 0 picks a free one.
 * @param readinessOptions what it asks its instances. Only those that say yes get requests; nobody does, and the answer is 503.
 *   Without it, all get them. A pinned request goes where it is pinned to.
 */
export async function startBalancer(
  initial: Target[],
  port = 0,
  readinessOptions?: ReadinessOptions,
): Promise<Balancer> {
  let targets = [...initial];
  let next = 0;
  const readiness = readinessOptions && new Readiness(readinessOptions);
  let agents = newAgents();
  const answered: number[] = initial.map(() => 0);
  let answers: SeenAnswer[] = [];
  const server = createServer((incoming, outgoing) => {
    const pinned = Number(incoming.headers[pinHeader] ?? 0);
    const index = pinned > 0 ? pinned - 1 : nextIndex();
    if (index === undefined) {
      see(503, performance.now());
      outgoing.writeHead(503, { 'content-type': 'text/plain' }).end('no instance is ready');
      return;
    }
    forward(incoming, outgoing, index, incoming.method === 'GET' || incoming.method === 'HEAD' ? 'kept' : 'fresh');
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
      if (upstream.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE') && !outgoing.headersSent) {
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
      agents = newAgents();
      void readiness?.watch(targets);
    },
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
