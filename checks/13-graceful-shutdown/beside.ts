import { BehaviourFailure, type Instance } from '../harness/sdk/index.ts';

/** A drain that goes on beside other steps. */
export interface Drain extends AsyncDisposable {
  /** Fails if something was wrong with it. Takes as long as the delay. */
  over(): Promise<void>;
}

/** @param steps what is done with the app, which has its end with them. */
export function beside(app: Instance, steps: Promise<void>): Drain {
  const drain = steps.then(
    () => undefined,
    (error: unknown) => withOwnStep(error),
  );
  return {
    async over() {
      const error = await drain;
      if (error) throw error;
    },
    async [Symbol.asyncDispose]() {
      await app.kill();
      await drain;
    },
  };
}

/** The steps before it are those of others. */
function withOwnStep(error: unknown): unknown {
  if (!(error instanceof BehaviourFailure)) return error;
  return new BehaviourFailure({ ...error.failure, trail: error.failure.trail.slice(-1) });
}
