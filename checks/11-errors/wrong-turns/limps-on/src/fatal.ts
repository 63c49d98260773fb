import type { Server } from 'node:http';
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
export function exitOnFatal({ log }: FatalOptions): void {
  process.on('uncaughtException', (error) => log.fatal(error, 'nobody caught this'));
}
