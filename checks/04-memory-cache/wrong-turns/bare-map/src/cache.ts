/** Keeps what was read, and asks once for what is read by many. */
export class Cache {
  readonly #answers = new Map<string, Promise<unknown>>();

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    let answer = this.#answers.get(key) as Promise<T> | undefined;
    if (!answer) {
      answer = ask();
      this.#answers.set(key, answer);
      // Errors are not kept.
      answer.catch(() => this.#answers.get(key) === answer && this.#answers.delete(key));
    }
    return structuredClone(await answer);
  }

  forget(isWrong: (key: string) => boolean): void {
    for (const key of this.#answers.keys()) if (isWrong(key)) this.#answers.delete(key);
  }
}
