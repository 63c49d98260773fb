import type { RequestListener, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';

interface FatalOptions {
  server: Server;
  log: Logger;
  drainTimeoutMs: number;
}

/**
 * After an exception that nobody caught, nobody knows what state the process is in. It answers what it has begun, takes
 * nothing new, and lets its supervisor start another one.
 */
export function exitOnFatal({ server, log, drainTimeoutMs }: FatalOptions): void {
  let ending = false;
  const answers = new Set<ServerResponse>();
  server.prependListener('request', (_req, res) => {
    answers.add(res);
    res.once('close', () => answers.delete(res));
  });
  process.on('uncaughtException', (error) => {
    log.fatal(error, 'nobody caught this');
    if (ending) return; // It may come again while we drain, and must not cut that short.
    ending = true;
    for (const answer of answers) if (answer.headersSent) answer.destroy();
    // close() refuses connections. A request on one that was busy comes all the same.
    server.removeAllListeners('request').on('request', refuse);
    server.close(() => process.exit(1));
    // A connection that is kept after its last answer would hold up the end.
    setInterval(() => server.closeIdleConnections(), 50);
    setTimeout(() => {
      log.fatal('gave up on what was in flight');
      process.exit(1);
    }, drainTimeoutMs);
  });
}

const refuse: RequestListener = (_req, res) => {
  res.writeHead(503, { Connection: 'close' }).end();
};
