/** The head of a request as nginx sent it. */
export interface RequestHead {
  method: string;
  /** As it came: "/events?city=oslo". */
  path: string;
  /** "1.0" or "1.1". */
  version: string;
  /** Names in lower case; of several lines with one name the last. */
  headers: Readonly<Record<string, string>>;
}

const longestHead = 64 * 1024;

/** Finds the heads of requests in what one connection carries. The bytes themselves go their way untouched. */
export class RequestHeads {
  readonly #tell: (head: RequestHead) => void;
  #rest: Buffer = Buffer.alloc(0);
  /** Of the body that is under way: bytes to come, or 'chunked'. */
  #body: number | 'chunked' = 0;
  /** What follows can't be told apart, such as a protocol that is no HTTP/1. */
  #lost = false;

  constructor(tell: (head: RequestHead) => void) {
    this.#tell = tell;
  }

  feed(chunk: Buffer): void {
    if (this.#lost) return;
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length > 0 && this.#step()) {}
    if (this.#rest.length > longestHead && this.#body !== 'chunked' && this.#body === 0) this.#lost = true;
  }

  /** False when more bytes are needed. */
  #step(): boolean {
    if (this.#body === 'chunked') return this.#skipChunk();
    if (this.#body > 0) {
      const skipped = Math.min(this.#body, this.#rest.length);
      this.#body -= skipped;
      this.#rest = this.#rest.subarray(skipped);
      return true;
    }
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const head = parseHead(this.#rest.toString('latin1', 0, end));
    this.#rest = this.#rest.subarray(end + 4);
    if (!head) {
      this.#lost = true;
      return false;
    }
    const isChunked = /\bchunked\b/i.test(head.headers['transfer-encoding'] ?? '');
    this.#body = isChunked ? 'chunked' : Number(head.headers['content-length'] ?? 0) || 0;
    this.#tell(head);
    return true;
  }

  /** One chunk, or the end of the body. */
  #skipChunk(): boolean {
    const end = this.#rest.indexOf('\r\n');
    if (end === -1) return false;
    const size = Number.parseInt(this.#rest.toString('latin1', 0, end), 16);
    if (!(size > 0)) {
      // nginx sends no trailers: an empty line ends it.
      if (this.#rest.length < end + 4) return false;
      this.#rest = this.#rest.subarray(end + 4);
      this.#body = 0;
      return true;
    }
    const whole = end + 2 + size + 2;
    if (this.#rest.length < whole) return false;
    this.#rest = this.#rest.subarray(whole);
    return true;
  }
}

function parseHead(text: string): RequestHead | undefined {
  const [first = '', ...lines] = text.split('\r\n');
  const [, method, path, version] = /^([A-Z]+) (\S+) HTTP\/(1\.[01])$/.exec(first) ?? [];
  if (!method || !path || !version) return undefined;
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { method, path, version, headers: Object.fromEntries(headers) };
}
