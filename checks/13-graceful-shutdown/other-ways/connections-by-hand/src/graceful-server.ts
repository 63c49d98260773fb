import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A server that knows its connections, and what is under way on each. */
export class GracefulServer {
  readonly http: Server;
  readonly #connections = new Map<Socket, Set<ServerResponse>>();
  #ending = false;

  constructor(listener: RequestListener) {
    this.http = createServer({ keepAliveTimeout: 10_000 });
    this.http.on('connection', (socket) => {
      this.#connections.set(socket, new Set());
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.http.on('request', (req, res) => {
      const answers = this.#connections.get(req.socket);
      answers?.add(res);
      if (this.#ending) res.setHeader('connection', 'close');
      res.once('close', () => {
        answers?.delete(res);
        if (this.#ending && answers?.size === 0) req.socket.destroySoon();
      });
      listener(req, res);
    });
  }

  /** Resolves when the last connection is closed. */
  async end(): Promise<void> {
    this.#ending = true;
    const closed = new Promise((resolve) => this.http.close(resolve));
    this.http.closeIdleConnections();
    for (const [socket, answers] of this.#connections) {
      if (answers.size === 0) socket.destroySoon();
      for (const answer of answers) if (!answer.headersSent) answer.setHeader('connection', 'close');
    }
    await closed;
  }
}
