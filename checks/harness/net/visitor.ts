import { Agent, type ClientRequest } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { parseSetCookie } from 'set-cookie-parser';
import supertest from 'supertest';
import { BehaviourFailure, type FailureKind, type Teaching } from '../model/verdict.ts';
import { Answer, type Scene } from './answer.ts';
import { pinHeader } from './balancer.ts';
import { askedHeader, type CdnVerdict, cdnVerdictInWords } from './cache-status.ts';
import { endsAfter, type Patience } from './patience.ts';

export { Answer, excerpt } from './answer.ts';

/** Longer than any right answer takes, short enough to call it a hang. */
const usualDeadlineMs = 5_000;

export interface RequestOptions {
  /** The instance (1-based) that must answer; without it the balancer takes the next. */
  on?: number;
  headers?: Record<string, string>;
  /** When it is too late, also on a busy machine. Without it, a busy machine has longer than `usualDeadlineMs`. */
  deadlineMs?: number;
  /** What to say when no answer comes, where the behaviour's own sentences explain only wrong ones. */
  unanswered?: Partial<Teaching>;
  /** A 503 right after a start is meant: it is not asked again. */
  onlyOnce?: boolean;
  /** Aborting it is a client that goes away: the call rejects with an AbortError. */
  signal?: AbortSignal;
}

export interface VisitorOptions {
  url: string;
  scene: Scene;
  cookies?: Map<string, string> | undefined;
  /** Whether `on` makes sense, so that the trail names instances. */
  severalInstances: boolean;
  /** Sent with every request. */
  headers?: Record<string, string> | undefined;
  /** The CDN that it comes in by. */
  cdn?: { verdictOn(asked: string): CdnVerdict | undefined } | undefined;
  /** For requests without a deadline of their own. */
  patience?: Partial<Patience>;
  /** The process behind an answer, where that is known. */
  instanceOf?: (answer: Answer) => Starting | undefined;
}

/** A process that listens need not be ready: for a moment after each start it may say 503. */
interface Starting {
  /** Whether a 503 of it may mean so. */
  readonly mayBeUnready: boolean;
  /** It has answered otherwise. */
  isReady(): void;
}

const askAgainMs = 50;
/** Of a path, in a trail. */
const longestShown = 100;

let asked = 0;

/** An HTTP client with cookies of its own, as a browser has. Each request uses a fresh connection. */
export class Visitor {
  /** Cookie values by name. Copy it to replay a session later. */
  readonly cookies: Map<string, string>;
  readonly #options: VisitorOptions;

  constructor(options: VisitorOptions) {
    this.#options = options;
    this.cookies = new Map(options.cookies);
  }

  get(path: string, options?: RequestOptions): Promise<Answer> {
    return this.send('GET', path, undefined, options);
  }
  post(path: string, body?: unknown, options?: RequestOptions): Promise<Answer> {
    return this.send('POST', path, body, options);
  }
  put(path: string, body?: unknown, options?: RequestOptions): Promise<Answer> {
    return this.send('PUT', path, body, options);
  }
  delete(path: string, options?: RequestOptions): Promise<Answer> {
    return this.send('DELETE', path, undefined, options);
  }

  /**
   * Sends a request and adds a line to the behaviour's trail. An app that is not ready yet is asked again for a moment.
   * @param path `http://encore.example/events` is sent as it is, to the same app: a request target in absolute form.
   */
  async send(method: string, path: string, body: unknown, options: RequestOptions = {}): Promise<Answer> {
    const { scene, instanceOf } = this.#options;
    for (;;) {
      const trailLength = scene.trail.length;
      const answer = await this.#sendOnce(method, path, body, options);
      const instance = instanceOf?.(answer);
      if (answer.status !== 503 && !answer.broken) instance?.isReady();
      if (answer.status !== 503 || options.onlyOnce || !instance?.mayBeUnready) return answer;
      if (scene.trail.length === trailLength + 1) scene.trail.dropLast();
      await delay(askAgainMs);
    }
  }

  async #sendOnce(method: string, path: string, body: unknown, options: RequestOptions): Promise<Answer> {
    const { scene, url, severalInstances, cdn, patience } = this.#options;
    const agent = new Agent({ keepAlive: false });
    const inAbsoluteForm = /^https?:/i.test(path);
    const call = supertest(url)
      [method.toLowerCase() as 'get'](inAbsoluteForm ? '/' : path)
      .agent(agent)
      .redirects(0)
      .ok(() => true);
    call.buffer(true).parse(asText);
    if (options.on) call.set(pinHeader, String(options.on));
    const number = String(++asked);
    if (cdn) call.set(askedHeader, number);
    if (this.cookies.size > 0)
      call.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    for (const [name, value] of Object.entries({ ...this.#options.headers, ...options.headers })) call.set(name, value);
    if (body !== undefined) call.send(body as object);
    if (inAbsoluteForm) requestOf(call).path = path;
    const where = severalInstances && options.on ? ` on instance ${options.on}` : '';
    const request = `${method} ${shortened(path)}${where}`;
    const startedAt = performance.now();
    // Without a value: the call is a thenable, and an event target throws what a listener's promise rejects with.
    const abort = () => void call.abort();
    options.signal?.addEventListener('abort', abort, { once: true });
    const tooLate = new AbortController();
    const { deadlineMs } = options;
    const wait = deadlineMs === undefined ? { limitMs: usualDeadlineMs, ...patience } : { limitMs: deadlineMs };
    const stopWaiting = endsAfter(wait, (ms) => tooLate.abort(new TooLate(ms)));
    tooLate.signal.addEventListener('abort', abort, { once: true });
    try {
      const response = await abortable(call, options.signal, tooLate.signal);
      const answer = new Answer(response, performance.now() - startedAt, request, scene, cdn?.verdictOn(number));
      this.#keepCookies(answer.setCookies);
      const cookieNames = answer.setCookies.map((cookie) => cookie.split('=')[0]);
      scene.trail.add(
        request,
        [
          String(answer.status),
          ...(cookieNames.length > 0 ? [`set-cookie ${cookieNames.join(', ')}`] : []),
          ...(answer.cdn ? [`CDN: ${cdnVerdictInWords(answer.cdn)}`] : []),
        ].join(', '),
      );
      return answer;
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      throw this.#noAnswer(error as NodeJS.ErrnoException, request, startedAt, options);
    } finally {
      stopWaiting();
      options.signal?.removeEventListener('abort', abort);
      agent.destroy();
    }
  }

  #noAnswer(
    error: NodeJS.ErrnoException,
    request: string,
    startedAt: number,
    { unanswered }: RequestOptions,
  ): BehaviourFailure {
    const { scene } = this.#options;
    const crash = scene.crash();
    if (crash) return crash;
    const late = error instanceof TooLate;
    const kind: FailureKind = late ? 'hangs' : 'behaviour';
    if (scene.evidence && !late) scene.evidence.broken = { request, sentAt: startedAt };
    return new BehaviourFailure({
      kind,
      trail: [...scene.trail.steps, { what: request, answer: late ? 'no answer' : (error.code ?? error.message) }],
      expected: 'an answer',
      seen: late ? `none within ${error.inSeconds} s` : `the connection broke: ${error.code ?? error.message}`,
      ...scene.teaching,
      ...unanswered,
    });
  }

  #keepCookies(lines: string[]): void {
    for (const line of lines) {
      const cookie = parseSetCookie(line, { decodeValues: false })[0];
      if (!cookie) continue;
      const gone =
        cookie.maxAge !== undefined
          ? cookie.maxAge <= 0
          : cookie.expires !== undefined && cookie.expires.getTime() <= Date.now();
      // TLS ends at the balancer, so Secure cookies are sent, too.
      if (gone) this.cookies.delete(cookie.name);
      else this.cookies.set(cookie.name, cookie.value);
    }
  }
}

/** Every body is text. One that says it is JSON, and is not, is an answer like others: `Answer.json` of it is undefined. */
function asText(response: supertest.Response, done: (error: Error | null, body: unknown) => void): void {
  const incoming = response as unknown as Readable & { text: string };
  incoming.text = '';
  incoming.setEncoding('utf8');
  incoming.on('data', (part: string) => {
    incoming.text += part;
  });
  incoming.on('end', () => done(null, incoming.text));
}

/** For a line of a trail. */
function shortened(path: string): string {
  return path.length > longestShown ? `${path.slice(0, longestShown)}… (${path.length} characters)` : path;
}

/** What superagent sends with. Its types leave the method out. */
function requestOf(call: supertest.Test): ClientRequest {
  return (call as supertest.Test & { request(): ClientRequest }).request();
}

/** No answer came for so long. */
class TooLate extends Error {
  readonly inSeconds: number;
  constructor(ms: number) {
    super('no answer');
    this.inSeconds = ms / 1_000;
  }
}

function abortable(
  call: PromiseLike<supertest.Response>,
  ...signals: (AbortSignal | undefined)[]
): Promise<supertest.Response> {
  return new Promise((resolve, reject) => {
    for (const signal of signals) {
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    }
    call.then(resolve, reject);
  });
}
