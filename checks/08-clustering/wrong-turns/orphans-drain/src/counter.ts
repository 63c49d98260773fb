import { connect, type Socket } from 'node:net';

export interface Counter {
  add(): Promise<number>;
  read(): Promise<number>;
}

interface Waiting {
  resolve(reply: string): void;
  reject(error: Error): void;
}

const KEY = 'visits';

/** Two commands of Redis, spoken by hand over one connection: replies come in the order of the commands. */
export function openCounter(url: string): Counter {
  const { hostname, port, username, password, pathname } = new URL(url);
  let socket: Socket | undefined;
  let waiting: Waiting[] = [];

  function open(): Socket {
    if (socket && !socket.destroyed) return socket;
    const opened = connect({ host: hostname, port: Number(port || 6379) });
    let pending = '';
    opened.setEncoding('utf8').on('data', (chunk: string) => {
      pending += chunk;
      for (let reply = takeReply(); reply !== undefined; reply = takeReply()) {
        const next = waiting.shift();
        if (reply.startsWith('-')) next?.reject(new Error(reply.slice(1)));
        else next?.resolve(reply);
      }
    });
    opened
      .on('error', () => {})
      .on('close', () => {
        for (const { reject } of waiting) reject(new Error('the connection to Redis broke'));
        waiting = [];
      });
    socket = opened;
    if (password) void command('AUTH', ...(username ? [username] : []), password).catch(() => {});
    if (pathname.length > 1) void command('SELECT', pathname.slice(1)).catch(() => {});
    return opened;

    /** ":5" and "+OK" are a line; "$2" announces a second line, "$-1" says that there is nothing. */
    function takeReply(): string | undefined {
      const [first, second] = pending.split('\r\n');
      const bulk = first?.startsWith('$') && first !== '$-1';
      const lines = pending.split('\r\n').length - 1;
      if (lines < (bulk ? 2 : 1)) return undefined;
      pending = pending
        .split('\r\n')
        .slice(bulk ? 2 : 1)
        .join('\r\n');
      return bulk ? second : first;
    }
  }

  function command(...words: string[]): Promise<string> {
    const target = open();
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      target.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
    });
  }

  open();
  return {
    add: async () => Number((await command('INCR', KEY)).slice(1)),
    read: async () => {
      const reply = await command('GET', KEY);
      return reply === '$-1' ? 0 : Number(reply);
    },
  };
}
