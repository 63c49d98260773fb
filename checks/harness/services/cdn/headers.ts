import type { IncomingMessage } from 'node:http';
import { askedHeader } from '../../net/cache-status.ts';
import type { Headers } from './policy.ts';

/** What the shop is told of a visitor's request: all but what is about this connection only. */
export function headersFor(incoming: IncomingMessage): Headers {
  const { connection: _connection, 'transfer-encoding': _chunks, [askedHeader]: _asked, ...headers } = incoming.headers;
  return { ...headers, 'x-forwarded-for': incoming.socket.remoteAddress ?? '127.0.0.1' };
}

export function withoutConditions(headers: Headers): Headers {
  return without(headers, new Set(['if-none-match', 'if-modified-since']));
}

export function without(headers: Headers, names: Set<string>): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name)));
}
