import { connect, type Socket } from 'node:net';

type Reply = string | number | null | Reply[];
interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

const replyWithinMs = 1_000;

/** The part of RESP that the desk needs. A connection that fails or is late is thrown away. */
export class TinyRedis {
  readonly #address: URL;
  #socket: Socket | undefined;
  #waiting: Waiting[] = [];
  #received = Buffer.alloc(0);

  constructor(url: string) {
    this.#address = new URL(url);
  }

  async send(...words: string[]): Promise<Reply> {
    const socket = this.#socket ?? this.#open();
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const timer = setTimeout(() => this.#fail(socket, new Error('no reply')), replyWithinMs);
    this.#waiting.push({ resolve, reject });
    socket.write(encoded(words));
    return promise.finally(() => clearTimeout(timer));
  }

  #open(): Socket {
    const { hostname, port, pathname, username, password } = this.#address;
    const socket = connect(Number(port || 6379), hostname);
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    const ignore = { resolve: () => {}, reject: () => {} };
    if (password) {
      const words = ['AUTH', ...(username ? [decodeURIComponent(username)] : []), decodeURIComponent(password)];
      this.#waiting.push(ignore);
      socket.write(encoded(words));
    }
    if (pathname.length > 1) {
      this.#waiting.push(ignore);
      socket.write(encoded(['SELECT', pathname.slice(1)]));
    }
    socket.on('data', (chunk: Buffer) => {
      if (this.#socket !== socket) return;
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#read();
    });
    socket.on('error', (error) => this.#fail(socket, error));
    socket.on('close', () => this.#fail(socket, new Error('closed')));
    return socket;
  }

  #fail(socket: Socket, error: Error): void {
    socket.destroy();
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #read(): void {
    for (;;) {
      const parsed = parse(this.#received, 0);
      if (!parsed) return;
      this.#received = this.#received.subarray(parsed.end);
      const waiting = this.#waiting.shift();
      if (parsed.reply instanceof Error) waiting?.reject(parsed.reply);
      else waiting?.resolve(parsed.reply);
    }
  }
}

function encoded(words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** Undefined if the reply is not whole yet. */
function parse(from: Buffer, at: number): { reply: Reply | Error; end: number } | undefined {
  const lineEnd = from.indexOf('\r\n', at);
  if (lineEnd < 0) return undefined;
  const line = from.toString('utf8', at + 1, lineEnd);
  let end = lineEnd + 2;
  const kind = String.fromCharCode(from[at] ?? 0);
  if (kind === '+') return { reply: line, end };
  if (kind === '-') return { reply: new Error(line), end };
  if (kind === ':') return { reply: Number(line), end };
  const length = Number(line);
  if (length < 0) return { reply: null, end };
  if (kind === '$') {
    if (from.length < end + length + 2) return undefined;
    return { reply: from.toString('utf8', end, end + length), end: end + length + 2 };
  }
  const replies: Reply[] = [];
  for (let n = 0; n < length; n++) {
    const part = parse(from, end);
    if (!part) return undefined;
    replies.push(part.reply as Reply);
    end = part.end;
  }
  return { reply: replies, end };
}
