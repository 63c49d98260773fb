import { requestId } from './context.ts';

export interface ShowEvent {
  id: string;
  title: string;
  city: string;
  priceCents: number;
  seatsLeft: number;
}

/** What is the box office's fault, with the status that a client is to get for it. */
export class BadGateway extends Error {
  readonly status: number;
  readonly retryAfter: string | undefined;

  constructor(message: string, status: number, options: { retryAfter?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.status = status;
    this.retryAfter = options.retryAfter;
  }
}

export class NoSuchEvent extends Error {
  readonly status = 404;
}

const url = process.env.SUPPLIER_URL ?? 'http://127.0.0.1:4000';
const token = process.env.SUPPLIER_TOKEN ?? '';
const timeoutMs = Number(process.env.SUPPLIER_TIMEOUT_MS ?? 5_000);

export async function askSupplier<T>(method: string, path: string, body?: object): Promise<T> {
  const id = requestId.getStore();
  const headers = { authorization: `Bearer ${token}`, ...(id ? { 'x-request-id': id } : {}) };
  let status = 0;
  let retryAfter: string | undefined;
  let text = '';
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url + path, { method, headers, signal, body: body && JSON.stringify(body) });
    status = response.status;
    retryAfter = response.headers.get('retry-after') ?? undefined;
    text = await response.text();
  } catch (cause) {
    const late = cause instanceof Error && cause.name === 'TimeoutError';
    throw new BadGateway(`no answer to ${method} ${path}`, late ? 504 : 502, { cause });
  }
  if (status === 404 && path.startsWith('/events/')) throw new NoSuchEvent('no such event');
  if (status === 503) throw new BadGateway(`${method} ${path} answered 503`, 503, { retryAfter });
  if (status < 200 || status > 299) throw new BadGateway(`${method} ${path} answered ${status}`, 502);
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    throw new BadGateway(`${method} ${path} answered something that is no JSON`, 502, { cause });
  }
  if (!isWhatWasAsked(path, answer)) throw new BadGateway(`${method} ${path} answered something else`, 502);
  return answer as T;
}

function isWhatWasAsked(path: string, answer: unknown): boolean {
  if (path === '/audit') return true;
  const { priceCents, events, seatsLeft } = (answer ?? {}) as Record<string, unknown>;
  if (path === '/stats') return typeof seatsLeft === 'number';
  return path.startsWith('/events/') ? typeof priceCents === 'number' : Array.isArray(events);
}
