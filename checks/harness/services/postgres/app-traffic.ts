import type { Socket } from 'node:net';
import { type SentStatement, StatementReader } from './sent-statements.ts';

/** The app's connections to its database, counted where they pass. */
export interface Connections {
  now: number;
  /** The most at one time since the last reset. */
  peak: number;
  /** How many were opened since then. */
  opened: number;
  /** How many of them have carried a statement since then. */
  used: number;
}

/** Beyond this they are not kept: a long load run would fill the memory. */
const maxKept = 20_000;

/** What passes between the app and its database, seen from the proxy between them. */
export class AppTraffic {
  bytesToApp = 0;
  bytesFromApp = 0;
  sent: SentStatement[] = [];
  /** How many, also those that are not kept. */
  statements = 0;
  /** Is told of each statement before it reaches the database. */
  onStatement: ((statement: SentStatement) => void) | undefined;
  connections: Connections = { now: 0, peak: 0, opened: 0, used: 0 };
  readonly #users = new Set<Socket>();

  /** Follows one connection. */
  follow(client: Socket, upstream: Socket): void {
    const { connections } = this;
    connections.now++;
    connections.opened++;
    connections.peak = Math.max(connections.peak, connections.now);
    client.once('close', () => {
      connections.now--;
    });
    const reader = new StatementReader((statement) => {
      this.statements++;
      this.connections.used = this.#users.add(client).size;
      if (this.sent.length < maxKept) this.sent.push(statement);
      this.onStatement?.(statement);
    });
    let readable = true;
    client.on('data', (chunk: Buffer) => {
      this.bytesFromApp += chunk.length;
      try {
        if (readable) reader.read(chunk);
      } catch {
        readable = false; // Not PostgreSQL's protocol; the server will say so.
      }
    });
    upstream.on('data', (chunk: Buffer) => {
      this.bytesToApp += chunk.length;
    });
  }

  /** Begins a new count; connections that are open stay counted. */
  reset(): void {
    this.bytesToApp = 0;
    this.bytesFromApp = 0;
    this.sent = [];
    this.statements = 0;
    this.connections.peak = this.connections.now;
    this.connections.opened = 0;
    this.connections.used = 0;
    this.#users.clear();
  }
}
