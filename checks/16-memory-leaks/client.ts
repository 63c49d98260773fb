import { type Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { excerpt, type Instance, type Stage } from '../harness/sdk/index.ts';

export interface Message {
  method: string;
  path: string;
  body?: Buffer | string;
  /** JSON where it is not said. */
  type?: string;
  /** What it brings as X-Request-Id; one that nobody has had where it is not said. */
  requestId?: string;
  /** Whether it says that it sends its body when the server has agreed, as curl does with a large one. */
  asksFirst?: boolean;
}

export interface Reply {
  status: number;
  bytes: Buffer;
  text: string;
  contentType: string | undefined;
}

const withinMs = 20_000;
let sent = 0;

/** Each request has an address of its own, of 2 kB: whatever keeps one for each request can be seen. */
export function marked(path: string): string {
  return `${path}?ref=${++sent}-${'x'.repeat(2_000)}`;
}

/** Whether this is such an address, and all of it. */
export const isWhole = (address: string) => /\?ref=\d+-x{2000}$/.test(address);

/** An event that there is not, by a name that nobody has asked for before: whatever keeps a name can be seen, too. */
export function nobody(): string {
  return `none-${++sent}-${'x'.repeat(2_000)}`;
}

/** Bytes that nobody has sent before: whatever keeps a body by its content can be seen. */
export function fresh(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(++sent, copy.length >> 1);
  return copy;
}

function addressOf(app: Instance): { host: string; port: number } {
  const { hostname, port } = new URL(app.url);
  return { host: hostname.replace(/[[\]]/g, ''), port: Number(port) };
}

export const newRequestId = () => `${++sent}-${'x'.repeat(2_000)}`;

/** A proxy gives each request an id, which is the client's choice as much as the address. */
function headersOf({
  body,
  type = 'application/json',
  requestId: id = newRequestId(),
  asksFirst = false,
}: Message): Record<string, string | number> {
  const requestId = { 'x-request-id': id, ...(asksFirst ? { expect: '100-continue' } : {}) };
  if (body === undefined) return requestId;
  return { ...requestId, 'content-type': type, 'content-length': Buffer.byteLength(body) };
}

/** Asks an instance, past the balancer. What breaks or hangs fails the behaviour. */
export async function send(t: Stage, app: Instance, message: Message, agent?: Agent): Promise<Reply> {
  const { method, path, body } = message;
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const call = request({ ...addressOf(app), method, path, agent: agent ?? false, headers: headersOf(message) });
  const timer = setTimeout(() => call.destroy(new Error(`no answer within ${withinMs / 1_000} s`)), withinMs);
  call.on('error', reject);
  call.on('response', (answer: IncomingMessage) => {
    const { statusCode: status = 0, headers } = answer;
    const contentType = headers['content-type'];
    buffer(answer).then((bytes) => resolve({ status, bytes, text: bytes.toString(), contentType }), reject);
  });
  call.end(body);
  try {
    return await promise;
  } catch (error) {
    const { code, message: what } = error as NodeJS.ErrnoException;
    // A server may close an idle connection at the moment when it is used again.
    if (call.reusedSocket && code === 'ECONNRESET') return send(t, app, message);
    return refuse(t, message, `the connection broke: ${code ?? what}`);
  } finally {
    clearTimeout(timer);
  }
}

function refuse(t: Stage, { method, path }: Message, seen: string): never {
  t.require(false, {
    step: `${method} ${shown(path)}`,
    expected: 'an answer',
    seen,
    because: 'The app gave no answer to a request that it has to answer, so nothing can be said about its memory.',
    lookAt: 'what does the app print while this request runs?',
  });
  throw new Error('not reached');
}

/** An address without the padding. */
export function shown(path: string): string {
  return path.replace(/\?.*/, '').replace(/-x+/, '');
}

export function seen({ status, text: body }: Reply): string {
  return `${status} ${excerpt(body)}`.trim();
}

/** How a client goes: as a closed tab does, or as a phone in a tunnel. */
export type Goodbye = 'FIN' | 'RST';

export interface HangUp extends Message {
  /** How many bytes of the body are sent; all of them where it is not said. */
  bodyBytes?: number;
  /** Before anything has come, or once the answer has begun. */
  when: 'before the answer' | 'in the answer';
  goodbye: Goodbye;
}

/** A client that sends a request and hangs up. */
export async function hangUp(t: Stage, app: Instance, message: HangUp): Promise<void> {
  const { when, goodbye } = message;
  const { promise, resolve } = Promise.withResolvers<'gone' | 'late'>();
  const socket = connect(addressOf(app));
  const timer = setTimeout(() => resolve('late'), withinMs);
  socket.on('error', () => {}); // It has a close, too.
  socket.on('close', () => resolve('gone'));
  socket.write(rawHead(message));
  const { body, bodyBytes } = message;
  const part = body === undefined ? '' : Buffer.from(body).subarray(0, bodyBytes);
  socket.write(part, () => {
    if (when === 'before the answer') leave(socket, goodbye);
  });
  if (when === 'in the answer') socket.once('data', () => leave(socket, goodbye));
  const end = await promise;
  clearTimeout(timer);
  socket.destroy();
  if (end === 'late') refuse(t, message, `nothing within ${withinMs / 1_000} s`);
}

function rawHead(message: Message): string {
  const headers = Object.entries({ host: 'encore', ...headersOf(message) }).map(([name, value]) => `${name}: ${value}`);
  return `${message.method} ${message.path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
}

function leave(socket: Socket, goodbye: Goodbye): void {
  if (goodbye === 'RST') socket.resetAndDestroy();
  else socket.destroy();
}

/** A client that stays, and reads what comes, or nothing of it until it is told to. */
export class OpenRequest {
  readonly method: string;
  readonly path: string;
  text = '';
  broke = false;
  ended = false;
  readonly #socket: Socket;
  readonly #rest: Buffer;

  /**
   * @param on the connection of another one, behind its request, without waiting for its answer.
   * @param bodyBytes how many bytes of the body are sent; all of them where it is not said.
   */
  constructor(
    app: Instance,
    message: Message,
    { reads, on, bodyBytes }: { reads: boolean; on?: OpenRequest; bodyBytes?: number },
  ) {
    this.method = message.method;
    this.path = message.path;
    this.#socket = on ? on.#socket : connect(addressOf(app));
    this.#socket.setMaxListeners(0); // Each request on it listens, and Node would warn the learner of the eleventh.
    this.#socket.on('error', () => {
      this.broke = true;
    });
    this.#socket.on('close', () => {
      this.ended = true;
    });
    this.#socket.write(rawHead(message));
    const body = Buffer.from(message.body ?? '');
    this.#socket.write(body.subarray(0, bodyBytes));
    this.#rest = body.subarray(bodyBytes ?? body.length);
    if (reads) this.read();
  }

  /** The part of the body that has not been sent. */
  sendRest(): void {
    this.#socket.write(this.#rest);
  }

  read(): void {
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (chunk: string) => {
      this.text += chunk;
    });
  }

  hangUp(goodbye: Goodbye): void {
    leave(this.#socket, goodbye);
  }
}
