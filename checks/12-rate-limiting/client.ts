import type { Answer, Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { mostInSpan, type Rule, type Try, wronglyRefused } from './history.ts';
import { type Limit, reads } from './limits.ts';
import { failSurely, isLate, noAnswer, noteIfLate } from './sure.ts';
import { together } from './together.ts';

export interface ClientOptions {
  /** That it asks in turn. */
  apps: Instance[];
  /** What the balancer puts into X-Forwarded-For, for its n-th request. */
  from: string | ((n: number) => string);
  /** For its n-th request. */
  token?: string | ((n: number) => string) | undefined;
  /** More headers, for its n-th request. */
  headers?: (n: number) => Record<string, string>;
  username?: string | ((n: number) => string);
  windowS: number;
}

/** `userOf` takes all of them. */
const schemes = ['Bearer', 'bearer', 'BEARER'];

/** Somebody whom the app counts, and all that they have asked. */
export class Client {
  readonly tries: Try[] = [];
  readonly #t: Stage;
  readonly #limit: Limit;
  readonly #options: ClientOptions;
  #asked = 0;

  constructor(t: Stage, limit: Limit, options: ClientOptions) {
    this.#t = t;
    this.#limit = limit;
    this.#options = options;
  }

  get rule(): Rule {
    return { ...this.#limit, windowMs: this.#options.windowS * 1_000 };
  }

  get passed(): number {
    return this.tries.filter(({ passed }) => passed).length;
  }

  /** Without those that were answered so late that they may have passed uncounted. */
  get passedInTime(): number {
    return this.tries.filter((one) => one.passed && isInTime(one)).length;
  }

  /** Of another client, whom the app must take for the same one. */
  add(other: Client): void {
    this.tries.push(...other.tries);
  }

  /** Asks once, the next instance. Leaves no step in the trail. */
  async ask(): Promise<Answer> {
    const { apps, from, token, username } = this.#options;
    const n = this.#asked++;
    const { method, path, body } = this.#limit.request(n, of(username, n) ?? 'ada');
    const bearer = of(token, n);
    const scheme = schemes[n % schemes.length];
    const headers = {
      ...this.#options.headers?.(n),
      'x-forwarded-for': of(from, n) ?? '',
      ...(bearer ? { authorization: `${scheme} ${bearer}` } : {}),
    };
    const visitor = this.#t.visitor({ at: apps[n % apps.length] as Instance });
    const answer = await visitor.send(method, path, body, { headers, unanswered: noAnswer });
    noteIfLate(this.#t, answer);
    const { trail } = this.#t;
    trail.keep(({ what }) => what !== answer.request);
    if (!answer.is(429, ...this.#limit.passes)) {
      trail.add(`${answer.request}, for ${this.#limit.what}`, String(answer.status));
      answer.mustBe([...this.#limit.passes, 429]);
    }
    this.tries.push({ sentAt: answer.sentAt, arrivedAt: answer.arrivedAt, passed: answer.status !== 429 });
    return answer;
  }

  /** One after the other, or at once. */
  async asks(times: number, { atOnce = false } = {}): Promise<Answer[]> {
    if (atOnce) return together(Array.from({ length: times }, () => this.ask()));
    const answers: Answer[] = [];
    for (let n = 0; n < times; n++) answers.push(await this.ask());
    return answers;
  }

  /** Fails if more have passed than may, or one was refused that must not be. */
  mustBeLimited(step: string, { tooMany, tooFew }: { tooMany: Teaching; tooFew?: Teaching }): void {
    this.mustNotPassMore(step, tooMany);
    if (tooFew) this.mustPassWhatMay(step, tooFew);
  }

  mustNotPassMore(step: string, teaching: Teaching): void {
    const { most, windowMs } = this.rule;
    const fail = (tries: Try[]) => {
      const { passed, withinMs } = mostInSpan(tries, windowMs);
      this.#t.require(passed <= most, {
        step,
        expected: `at most ${most} that pass in any ${windowMs / 1_000} s`,
        seen: `${passed} passed within ${seconds(withinMs)}`,
        ...teaching,
      });
    };
    // A read that was answered in time was counted. If there are too many only with the late ones, nothing is sure.
    failSurely(() => fail(this.#limit.passes === reads.passes ? this.tries.filter(isInTime) : this.tries));
    fail(this.tries);
  }

  mustPassWhatMay(step: string, teaching: Teaching): void {
    const { atLeast, windowMs } = this.rule;
    const wrongly = wronglyRefused(this.tries, this.rule);
    failSurely(() =>
      this.#t.require(!wrongly, {
        step,
        expected: `a request that passes, if fewer than ${atLeast} have passed in the last ${((windowMs * 1.1) / 1_000).toFixed(1)} s`,
        seen: `429, and ${wrongly?.counted || 'none'} had passed`,
        ...teaching,
      }),
    );
  }
}

function isInTime({ sentAt, arrivedAt }: Try): boolean {
  return !isLate({ ms: arrivedAt - sentAt });
}

/** Two digits: a span that is shorter than the window by a hundredth must not look like one. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function of<T>(value: T | ((n: number) => T) | undefined, n: number): T | undefined {
  return typeof value === 'function' ? (value as (n: number) => T)(n) : value;
}
