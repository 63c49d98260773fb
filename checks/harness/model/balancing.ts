/** What a balancer asks its instances, as a deploy's load balancer does. */
export interface ReadinessOptions {
  /** "/ready". */
  path: string;
  everyMs: number;
  /** An instance that has not answered by then is not ready. */
  withinMs?: number;
}

/** Where a lesson is about what a balancer asks its instances and how it keeps connections to them. */
export interface BalancerOptions {
  /** What it asks its instances. Only those that say yes get requests; nobody does, and the answer is 503. */
  readiness?: ReadinessOptions;
  /**
   * For every method it uses kept connections, and closes those that were idle for so long, whatever an instance says in
   * Keep-Alive. It sends nothing twice, so a request that is sent while the instance closes the connection fails.
   */
  keepsIdleMs?: number;
}
