/** A question in the status line, which the next keys answer. */
export class Question {
  /** What stands in the status line, or nothing when no question is open. */
  text = '';
  readonly #show: () => void;
  #hear: ((key: string) => boolean) | undefined;
  #takesText = false;

  /** Whether a word or a number is being typed. */
  get takesText(): boolean {
    return this.#takesText;
  }

  /** @param show is called whenever `text` has something new to show. */
  constructor(show: () => void) {
    this.#show = show;
  }

  /** @returns whether the key was meant for the question. */
  press(key: string): boolean {
    return this.#hear?.(key) ?? false;
  }

  /** Keys that came in one burst. Only a question for a word or a number takes them. @returns whether one did. */
  burst(keys: readonly string[]): boolean {
    if (!this.#takesText) return false;
    for (const key of keys) if (!this.#hear?.(key)) break;
    return true;
  }

  /** `y` is yes, and every other key is no. Any but n, Enter and Esc means what it always means, too. */
  yesOrNo(question: string, yes: () => void, no: () => void): void {
    this.#hear = (key) => {
      this.#close();
      if (key === 'y') yes();
      else no();
      return ['y', 'n', 'return', 'escape'].includes(key);
    };
    this.#put(`${question} y/N`);
  }

  /** Wants a whole word, for what a stray key must not do; Enter after anything else, and Esc, are no. */
  word(question: string, word: string, yes: () => void, no: () => void): void {
    let typed = '';
    this.#takesText = true;
    this.#hear = (key) => {
      if (key === 'backspace') typed = typed.slice(0, -1);
      else if (key === 'return' || key === 'escape') {
        this.#close();
        if (key === 'return' && typed === word) yes();
        else no();
        return true;
      } else if (key.length === 1) typed = (typed + key).slice(0, 20);
      this.#put(`${question}${typed}_`);
      return true;
    };
    this.#put(`${question}_`);
  }

  /** Collects digits until Enter. Any other key gives undefined, and but for Esc means what it always means. */
  number(question: string, then: (typed: string | undefined) => void): void {
    let typed = '';
    this.#takesText = true;
    this.#hear = (key) => {
      if (/^\d$/.test(key)) typed += key;
      else if (key === 'backspace') typed = typed.slice(0, -1);
      else {
        const isEnter = key === 'return' || key === 'enter';
        this.#close();
        then(isEnter ? typed : undefined);
        return isEnter || key === 'escape';
      }
      this.#put(`${question}${typed}_`);
      return true;
    };
    this.#put(`${question}_`);
  }

  #put(text: string): void {
    this.text = text;
    this.#show();
  }

  #close(): void {
    this.#hear = undefined;
    this.#takesText = false;
    this.text = '';
  }
}
