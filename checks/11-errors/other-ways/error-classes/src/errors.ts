import type { InvalidField } from './order.ts';

/** Something that a client is told about. */
export abstract class AppError extends Error {
  abstract readonly status: number;
  abstract readonly title: string;
  /** More members of the problem. */
  members(): object {
    return {};
  }
  headers(): Record<string, string> {
    return {};
  }
}

export class NotFound extends AppError {
  readonly status = 404;
  readonly title = 'Not found';
}

export class InvalidOrder extends AppError {
  readonly status = 422;
  readonly title = 'Invalid order';
  readonly errors: InvalidField[];

  constructor(errors: InvalidField[]) {
    super(`invalid: ${errors.map(({ field }) => field).join(', ')}`);
    this.errors = errors;
  }

  override members() {
    return { errors: this.errors };
  }
}

/** Malformed, too large, in an unknown encoding: what Express and its parsers refuse. */
export class RefusedByParser extends AppError {
  readonly status: number;
  readonly title = 'The request could not be read';

  constructor(status: number) {
    super('refused');
    this.status = status;
  }
}

export class Unavailable extends AppError {
  readonly status = 503;
  readonly title = 'The box office is not available';
  readonly retryAfter: string | null;

  constructor(message: string, retryAfter: string | null = null, options?: ErrorOptions) {
    super(message, options);
    this.retryAfter = retryAfter;
  }

  override headers(): Record<string, string> {
    return this.retryAfter ? { 'Retry-After': this.retryAfter } : {};
  }
}

export class Unexpected extends AppError {
  readonly status = 500;
  readonly title = 'Something went wrong';
}

/** Whatever was thrown, as one of ours. */
export function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { status } = (thrown ?? {}) as { status?: number };
  if (status && status >= 400 && status < 500) return new RefusedByParser(status);
  return new Unexpected('unexpected', { cause: thrown });
}
