/** A question in the status line, which the next keys answer. */
export class Question {
  /** What stands in the status line, or nothing when no question is open. */
  text = '';
  readonly #show: () => void;
  #hear: ((key: string) => boolean) | undefined;

  /** @param show is called whenever `text` has something new to show. */
  constructor(show: () => void) {
    this.#show = show;
  }

  /** @returns whether the key was meant for the question. */
  press(key: string): boolean {
    return this.#hear?.(key) ?? false;
  }

  /** `y` is yes, and every other key is no. */
  yesOrNo(question: string, yes: () => void, no: () => void): void {
    this.#hear = (key) => {
      this.#close();
      if (key === 'y') yes();
      else no();
      return true;
    };
    this.#put(`${question} y/N`);
  }

  /** Collects digits until Enter. Any other key gives undefined, and but for Esc means what it always means. */
  number(question: string, then: (typed: string | undefined) => void): void {
    let typed = '';
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
    this.text = '';
  }
}
