import { connect, type Socket } from 'node:net';

type Reply = string | number | null;

const answerWithinMs = 400;
const reconnectAfterMs = 200;

/** Commands and their replies over one connection, which is made anew for ever. Without one, commands fail at once. */
export class RedisConnection {
  readonly #url: URL;
  #socket: Socket | undefined;
  #rest = Buffer.alloc(0);
  #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = [];

  constructor(url: string) {
    this.#url = new URL(url);
    this.#connect();
  }

  send(...words: (string | number)[]): Promise<Reply> {
    const socket = this.#socket;
    if (!socket) return Promise.reject(new Error('no connection to Redis'));
    const texts = words.map(String);
    socket.write(`*${texts.length}\r\n${texts.map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`).join('')}`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('Redis does not answer')), answerWithinMs);
      this.#waiting.push({
        resolve: (reply) => {
          clearTimeout(timer);
          resolve(reply);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  #connect(): void {
    const { hostname, port, username, password, pathname } = this.#url;
    const socket = connect(Number(port || 6379), hostname);
    socket.setNoDelay(true);
    socket.on('connect', () => {
      this.#socket = socket;
      const login = [username, password].filter(Boolean).map(decodeURIComponent);
      if (login.length > 0) this.send('AUTH', ...login).catch(() => socket.destroy());
      this.send('SELECT', pathname.slice(1) || 0).catch(() => socket.destroy());
    });
    socket.on('data', (chunk) => this.#read(Buffer.from(chunk)));
    socket.on('error', () => {}); // 'close' follows.
    socket.on('close', () => {
      this.#socket = undefined;
      this.#rest = Buffer.alloc(0);
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the connection to Redis broke'));
      setTimeout(() => this.#connect(), reconnectAfterMs);
    });
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end < 0) return;
      const kind = String.fromCharCode(this.#rest[0] ?? 0);
      const line = this.#rest.toString('utf8', 1, end);
      let next = end + 2;
      let reply: Reply = kind === ':' ? Number(line) : line;
      if (kind === '$' && Number(line) < 0) reply = null;
      else if (kind === '$') {
        const from = next;
        next = from + Number(line) + 2;
        if (this.#rest.length < next) return;
        reply = this.#rest.toString('utf8', from, next - 2);
      }
      this.#rest = this.#rest.subarray(next);
      const first = this.#waiting.shift();
      if (kind === '-') first?.reject(new Error(line));
      else first?.resolve(reply);
    }
  }
}
