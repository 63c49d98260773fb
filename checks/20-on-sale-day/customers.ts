import { type Asked, ask, type Question } from './ask.ts';

/** Of the seed: that of the customer N is friday-N. */
export const emailOf = (number: number) => `customer${number}@example.org`;
export const nameOf = (number: number) =>
  ({ 3: `Zoë O'Malley ${number}`, 7: `Jürgen "Jay" ${number}` })[number % 10] ?? `Customer ${number}`;

/** A customer of the seed in a browser that keeps its cookies. */
export class Customer {
  readonly number: number;
  #cookies = new Map<string, string>();

  constructor(number: number) {
    this.number = number;
  }

  get isLoggedIn(): boolean {
    return this.#cookies.size > 0;
  }

  get cookie(): string {
    return [...this.#cookies].map((pair) => pair.join('=')).join('; ');
  }

  /** As this customer: with the cookies, and keeping what comes. */
  async ask(url: string, question: Question): Promise<Asked> {
    const cookie = this.cookie;
    const headers = { ...question.headers, ...(cookie ? { cookie } : {}) };
    const answer = await ask(url, { ...question, headers, ...(cookie ? { who: this.number } : {}) });
    if (answer.status >= 200 && answer.status < 300) this.#keep(answer.headers['set-cookie'] ?? []);
    return answer;
  }

  logIn(url: string, { password = `friday-${this.number}`, ...more }: Partial<Question> & { password?: string } = {}) {
    const json = { email: emailOf(this.number), password };
    return this.ask(url, { ...more, method: 'POST', path: '/login', json });
  }

  #keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) this.#cookies.delete(pair.slice(0, at));
      else if (at > 0) this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
}
