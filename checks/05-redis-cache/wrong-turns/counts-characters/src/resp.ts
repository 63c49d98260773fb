import { connect, type Socket } from 'node:net';

export type Reply = string | number | null | Error | Reply[];

interface Waiting {
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
}

/** One connection that speaks RESP 2. It says at once that Redis is away, and keeps coming back. */
export class Connection {
  readonly #url: URL;
  #socket: Socket | undefined;
  #up = false;
  #waiting: Waiting[] = [];
  #text = '';
  #timer: NodeJS.Timeout | undefined;
  readonly #silenceMs = 1_000;

  constructor(url: string) {
    this.#url = new URL(url);
    this.#open();
  }

  get up(): boolean {
    return this.#up;
  }

  /** Sends all of them in one packet, so that nothing of ours comes between them. */
  async send(...commands: (string | number)[][]): Promise<Reply[]> {
    if (!this.#up) throw new Error('Redis is away');
    const replies = await Promise.all(this.#write(commands));
    const error = replies.find((reply) => reply instanceof Error);
    if (error) throw error;
    return replies;
  }

  #write(commands: (string | number)[][]): Promise<Reply>[] {
    const replies = commands.map(
      () => new Promise<Reply>((resolve, reject) => this.#waiting.push({ resolve, reject })),
    );
    this.#socket?.write(commands.map(encode).join(''));
    this.#timer ??= setTimeout(() => this.#socket?.destroy(), this.#silenceMs);
    return replies;
  }

  #open(): void {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port || 6379) });
    this.#socket = socket;
    this.#text = '';
    socket.setNoDelay(true);
    const giveUp = setTimeout(() => socket.destroy(), this.#silenceMs);
    socket.on('error', () => {});
    socket.on('connect', () => {
      const [pong] = this.#write([['PING']]) as [Promise<Reply>];
      pong.then(
        (reply) => {
          clearTimeout(giveUp);
          if (reply === 'PONG') this.#up = true;
          else socket.destroy(); // It is loading, perhaps.
        },
        () => {},
      );
    });
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => this.#read(chunk));
    socket.on('close', () => {
      clearTimeout(giveUp);
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#up = false;
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('Redis went away'));
      setTimeout(() => this.#open(), 250);
    });
  }

  #read(chunk: string): void {
    this.#text += chunk;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let at = 0;
    for (;;) {
      const parsed = parse(this.#text, at);
      if (!parsed) break;
      at = parsed.end;
      this.#waiting.shift()?.resolve(parsed.reply);
    }
    this.#text = this.#text.slice(at);
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#socket?.destroy(), this.#silenceMs);
  }
}

function encode(command: (string | number)[]): string {
  const parts = command.map(String).map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return `*${command.length}\r\n${parts.join('')}`;
}

function parse(bytes: string, from: number): { reply: Reply; end: number } | undefined {
  const eol = bytes.indexOf('\r\n', from);
  if (eol < 0) return undefined;
  const line = bytes.slice(from + 1, eol);
  const kind = bytes[from];
  if (kind === '+') return { reply: line, end: eol + 2 };
  if (kind === '-') return { reply: new Error(line), end: eol + 2 };
  if (kind === ':') return { reply: Number(line), end: eol + 2 };
  const length = Number(line);
  if (length < 0) return { reply: null, end: eol + 2 };
  if (kind === '$') {
    const end = eol + 2 + length;
    if (bytes.length < end + 2) return undefined;
    return { reply: bytes.slice(eol + 2, end), end: end + 2 };
  }
  const reply: Reply[] = [];
  let end = eol + 2;
  for (let n = 0; n < length; n++) {
    const item = parse(bytes, end);
    if (!item) return undefined;
    reply.push(item.reply);
    end = item.end;
  }
  return { reply, end };
}
