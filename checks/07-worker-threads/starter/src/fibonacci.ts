/** The textbook recursion: fibonacci(35) makes thirty million calls. */
export function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}
