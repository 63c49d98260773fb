/** Where a Redis is and how to log in, without a database: that is ours to choose. */
export interface RedisAddress {
  host: string;
  port: number;
  username: string;
  password: string;
  tls: boolean;
}

/** Reads redis://, rediss:// and host:port. Undefined for anything else, such as a socket's path. */
export function parseRedisUrl(text: string): RedisAddress | undefined {
  const full = /^[a-z][a-z+.-]*:\/\//i.test(text) ? text : `redis://${text}`;
  if (!/^rediss?:\/\//i.test(full) || !URL.canParse(full)) return undefined;
  const url = new URL(full);
  if (!url.hostname) return undefined;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''), // The brackets of an IPv6 address belong to the URL.
    port: Number(url.port || 6379),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    tls: url.protocol.toLowerCase() === 'rediss:',
  };
}

/** The address as a URL, with a database's number. */
export function redisUrl(address: RedisAddress, database: number): string {
  const { host, port, username, password, tls } = address;
  const login = password ? `${encodeURIComponent(username)}:${encodeURIComponent(password)}@` : '';
  return `${tls ? 'rediss' : 'redis'}://${login}${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

/** "host:port", for messages: a password is never printed. */
export function shownAddress({ host, port }: RedisAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
