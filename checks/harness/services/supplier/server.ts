// The supplier's process: the box office API on one port, and on another one the check's control of it, which is
// never slowed, limited or counted. It tells its parent the ports, and ends with it.
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { BoxOffice } from './box-office.ts';
import { Places } from './places.ts';
import { type Reply, type Route, reply, routeOf, routes } from './routes.ts';

export interface Fault {
  /**
   * A status for every request, no listener, a connection that breaks when the answer is due, an answer that never comes,
   * or one that is late: the request is done at once, and its answer waits for `release`, or is lost when the supplier is
   * healed. `cut` is a 200 whose connection breaks in the middle of its body, `stall` one whose body stops there and never
   * goes on, `drip` one of which a space comes every 100 ms and nothing else, `halves` one that begins at once and ends when the answer is due, `garbage` a 200 with a page of HTML, and
   * `body` a 200 with the text given below. Neither of these two makes a change that it was asked for.
   */
  how: number | 'refuse' | 'break' | 'hang' | 'late' | 'cut' | 'stall' | 'drip' | 'halves' | 'garbage' | 'body';
  /** With `body` or a status: sent as JSON, whether it is any or not. Empty unless said, and with a status an error. */
  body?: string;
  /** The route that it happens to; all unless said. Not for `refuse`. */
  route?: Route;
  /** How many requests it happens to; all until it is healed, unless said. Not for `refuse`: nobody can count those. */
  times?: number;
  /** How many requests are answered well before it begins. Not for `refuse`. */
  after?: number;
  /** Sent with a status, as it is: seconds or a date. */
  retryAfter?: string;
}

/** A request as the supplier got it. */
export interface HeardRequest {
  route: Route;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** As many requests are kept for whoever wants to see their headers. */
const mostHeard = 500;

/** How long a route takes, in answers: the statistics are worked out, and a version is only looked up. */
const costs: Partial<Record<Route, number>> = {
  'GET /stats': 2,
  'HEAD /events': 0.1,
  'HEAD /events/:id': 0.1,
  ...JSON.parse(process.argv[4] ?? '{}'),
};

const dripEveryMs = 100;

const office = new BoxOffice();
const places = new Places(Number(process.argv[3]));
const hanging = new Set<ServerResponse>();
/** What was done, and is answered when a check says so. */
const late = new Map<ServerResponse, Reply>();
let latencyMs = Number(process.argv[2]);
let released = new AbortController();
let fault: Fault | undefined;
let calls = noCalls();
let heard: HeardRequest[] = [];
let port = 0;

const api = createServer(
  livesThrough(async (request, response) => {
    const route = routeOf(request);
    calls[route]++;
    const body = await text(request);
    heard.push({ route, url: request.url ?? '', headers: request.headers, body });
    if (heard.length > mostHeard) heard.shift();
    const { retryAfter, body: wrong } = fault ?? {};
    const failing = takeFault(route);
    if (failing === 'hang') {
      hanging.add(response);
      return;
    }
    if (failing === 'stall') {
      hanging.add(response);
      half(response, reply(office, route, request, body));
      return;
    }
    if (failing === 'drip') {
      hanging.add(response);
      drip(response);
      return;
    }
    if (failing === 'late') {
      late.set(response, reply(office, route, request, body));
      return;
    }
    await places.take();
    try {
      // A read sees what is there when it begins, and a write counts from its end: what overlaps, a read does not see.
      const read = route === 'PUT /events/:id' ? undefined : reply(office, route, request, body);
      const rest = failing === 'halves' ? half(response, read ?? reply(office, route, request, body)) : '';
      if (latencyMs > 0) await waitFor(latencyMs * (costs[route] ?? 1));
      if (failing === 'break') response.destroy();
      else if (failing === 'halves') response.end(rest);
      else if (failing === 'cut') half(response, read ?? reply(office, route, request, body), () => response.destroy());
      else if (failing === 'garbage') response.writeHead(200, { 'content-type': 'text/html' }).end(garbage);
      else if (failing === 'body') response.writeHead(200, { 'content-type': 'application/json' }).end(wrong ?? '');
      else if (failing !== undefined) {
        if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
        if (wrong === undefined) send(response, failing, { error: 'the box office is out of order' });
        else response.writeHead(failing, { 'content-type': 'application/json' }).end(wrong);
      } else sendReply(response, read ?? reply(office, route, request, body));
    } finally {
      places.free();
    }
  }),
);
api.keepAliveTimeout = 65_000; // Longer than a client keeps a connection, or it writes into a closed one.

const control = createServer(
  livesThrough(async (request, response) => {
    const name = request.url?.slice(1) ?? '';
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) return send(response, 404, null);
    send(response, 200, await command(await argument(request)));
  }),
);

/** A client that hangs up in the middle of its request, or sends what nobody understands, ends its connection and nothing else. */
function livesThrough(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch(() => response.destroy());
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the handle, which is the only caller, has the types.
const commands: Record<string, (argument: any) => unknown> = {
  calls: () => calls,
  heard: () => heard,
  reset: () => {
    calls = noCalls();
    heard = [];
  },
  latency: (ms: number) => {
    latencyMs = ms;
  },
  release: () => {
    released.abort();
    released = new AbortController();
    for (const [response, done] of late) sendReply(response, done);
    late.clear();
  },
  async fail(given: Fault) {
    fault = given;
    if (given.how === 'refuse') await close(api);
  },
  async heal() {
    fault = undefined;
    for (const response of [...hanging, ...late.keys()]) response.destroy();
    hanging.clear();
    late.clear();
    if (!api.listening) await listen(api, port);
  },
  event: (id: string) => office.event(id) ?? null,
  change: ({ id, change }) => office.change(id, change) ?? null,
};

async function waitFor(ms: number): Promise<void> {
  const { signal } = released;
  setMaxListeners(0, signal); // One for each request that waits.
  await delay(ms, undefined, { signal }).catch(() => {}); // Released.
}

function takeFault(route: Route): Exclude<Fault['how'], 'refuse'> | undefined {
  if (!fault || fault.how === 'refuse' || (fault.route ?? route) !== route) return undefined;
  if (fault.after) {
    fault.after--;
    return undefined;
  }
  const { how } = fault;
  if (fault.times !== undefined && --fault.times <= 0) fault = undefined;
  return how;
}

function noCalls(): Record<Route, number> {
  return Object.fromEntries(routes.map((route) => [route, 0])) as Record<Route, number>;
}

async function argument(request: IncomingMessage): Promise<unknown> {
  return JSON.parse((await text(request)) || 'null');
}

function sendReply(response: ServerResponse, { status, body, version }: Reply): void {
  if (version) response.setHeader('x-version', version);
  send(response, status, body);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value ?? null));
}

/** What a proxy in front of a supplier says when its upstream is away, with a status that it should not have. */
const garbage = '<!doctype html><title>Box office</title><p>We are back in a moment.</p>';

/** Sends half of an answer. @returns the other half. */
function half(response: ServerResponse, { status, body }: Reply, then?: () => void): string {
  const whole = JSON.stringify(body ?? null);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(whole) });
  response.write(whole.slice(0, whole.length / 2), then);
  return whole.slice(whole.length / 2);
}

/** Begins an answer that is never silent, and never there. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), dripEveryMs);
  response.once('close', () => clearInterval(timer));
}

async function listen(server: Server, onPort: number): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(onPort, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

port = await listen(api, 0);
process.on('disconnect', () => process.exit(0));
process.send?.({ port, controlPort: await listen(control, 0) });
