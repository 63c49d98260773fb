/** A statement as the app sent it. Parameters are text as PostgreSQL reads it; bytes start with \x. */
export interface SentStatement {
  sql: string;
  params: (string | null)[];
}

const sslRequest = 80877103;
const gssRequest = 80877104;
const cancelRequest = 80877102;
/** Longer messages are passed over: no statement of a lesson is that long. */
const maxMessageBytes = 4 * 1024 * 1024;

/**
 * Reads what a client sends on one connection (protocol 3) and reports each statement that it executes: simple queries,
 * and prepared ones with their parameters. It only listens, so whatever it does not understand is left out.
 */
export class StatementReader {
  readonly #report: (statement: SentStatement) => void;
  readonly #prepared = new Map<string, string>();
  readonly #bound = new Map<string, SentStatement>();
  #rest: Buffer = Buffer.alloc(0);
  #skip = 0;
  #started = false;

  constructor(report: (statement: SentStatement) => void) {
    this.#report = report;
  }

  read(chunk: Buffer): void {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (;;) {
      const skipped = Math.min(this.#skip, data.length);
      this.#skip -= skipped;
      data = data.subarray(skipped);
      // The first messages have no letter in front of their length.
      const head = this.#started ? 1 : 0;
      if (data.length < head + 4) break;
      const length = head + data.readInt32BE(head);
      if (length > maxMessageBytes) {
        this.#skip = length;
        continue;
      }
      if (data.length < length) break;
      const body = data.subarray(head + 4, length);
      if (this.#started) this.#message(String.fromCharCode(data[0] as number), body);
      else this.#started = ![sslRequest, gssRequest, cancelRequest].includes(body.readInt32BE(0));
      data = data.subarray(length);
    }
    this.#rest = data;
  }

  #message(type: string, body: Buffer): void {
    const reader = new Fields(body);
    if (type === 'Q') this.#report({ sql: reader.text(), params: [] });
    else if (type === 'P') this.#prepared.set(reader.text(), reader.text());
    else if (type === 'B') {
      const portal = reader.text();
      const sql = this.#prepared.get(reader.text());
      if (sql !== undefined) this.#bound.set(portal, { sql, params: reader.parameters() });
    } else if (type === 'E') {
      const statement = this.#bound.get(reader.text());
      if (statement) this.#report(statement);
    }
  }
}

class Fields {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  text(): string {
    const end = this.#body.indexOf(0, this.#at);
    const text = this.#body.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  parameters(): (string | null)[] {
    const formats = Array.from({ length: this.#int16() }, () => this.#int16());
    return Array.from({ length: this.#int16() }, (_, index) => {
      const length = this.#body.readInt32BE(this.#at);
      this.#at += 4;
      if (length === -1) return null;
      const value = this.#body.subarray(this.#at, this.#at + length);
      this.#at += length;
      // None: all are text. One: it holds for all.
      const binary = (formats.length === 1 ? formats[0] : formats[index]) === 1;
      return binary ? `\\x${value.toString('hex')}` : value.toString('utf8');
    });
  }

  #int16(): number {
    const value = this.#body.readInt16BE(this.#at);
    this.#at += 2;
    return value;
  }
}
