import type { IncomingMessage, ServerResponse } from 'node:http';

export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Failure {
  at: string;
  method: string | undefined;
  path: string | undefined;
  status: number;
  message: string;
}

let failures: Failure[] = [];

export const lastErrors = () => failures;

export function answerError(error: unknown, { method, url: path }: IncomingMessage, res: ServerResponse): void {
  const { status, message } = error instanceof HttpError ? error : { status: 500, message: String(error) };
  failures = [{ at: new Date().toISOString(), method, path, status, message }, ...failures.slice(0, 19)];
  if (res.headersSent) res.destroy();
  else res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: message }));
}
