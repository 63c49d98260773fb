/** Something that was done, and what came of it: "GET /events/7" and "200, set-cookie sid". */
export interface Step {
  what: string;
  answer?: string;
}

/** What a behaviour has done so far, as its failure will tell it: the last step is where it went wrong. */
export class Trail {
  readonly #steps: Step[] = [];

  /** A copy: what comes later does not change it. */
  get steps(): Step[] {
    return this.#steps.map((step) => ({ ...step }));
  }

  get length(): number {
    return this.#steps.length;
  }

  get last(): Readonly<Step> | undefined {
    return this.#steps.at(-1);
  }

  add(what: string, answer?: string): void {
    this.#steps.push(answer === undefined ? { what } : { what, answer });
  }

  /** Forgets what was done so far, which worked, and starts anew, with a step that sums it up if one is given. */
  begin(what?: string, answer?: string): void {
    this.retell(0, what, answer);
  }

  /** Tells what came after the first `from` steps as one step, or leaves it out. */
  retell(from: number, what?: string, answer?: string): void {
    this.#steps.splice(from);
    if (what !== undefined) this.add(what, answer);
  }

  /** Leaves out the last step: the sentence of the failure says it better. */
  dropLast(): void {
    this.#steps.pop();
  }

  /** Leaves out every step that the test does not hold for. */
  keep(test: (step: Step, index: number) => boolean): void {
    const kept = this.#steps.filter(test);
    this.#steps.splice(0, Number.POSITIVE_INFINITY, ...kept);
  }
}
