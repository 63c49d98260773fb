/**
 * Waits for the end of all of them, also when one has failed: nothing of a behaviour goes on after it. Then it throws the first
 * failure in their order, so that the sentence does not depend on which came first.
 */
export async function together<T extends readonly Promise<unknown>[] | []>(
  begun: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(begun);
  for (const one of begun) await one;
  return Promise.all(begun);
}
