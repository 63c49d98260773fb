import { Agent } from 'node:http';
import { parseSetCookie } from 'set-cookie-parser';
import supertest from 'supertest';
import { instanceHeader, pinHeader } from './balancer.ts';
import { inWords, verdictOf } from './services/cdn/status.ts';
import { BehaviourFailure, type FailureKind, type Teaching } from './verdict.ts';

/** Longer than any right answer takes on a busy machine, short enough to call it a hang. */
const defaultDeadlineMs = 5_000;

export interface RequestOptions {
  /** The instance (1-based) that must answer; without it the balancer takes the next. */
  on?: number;
  headers?: Record<string, string>;
  deadlineMs?: number;
  /** Aborting it is a client that goes away: the call rejects with an AbortError. */
  signal?: AbortSignal;
}

/** What a visitor needs of the behaviour it acts in. */
export interface Scene {
  trail: string[];
  teaching: Teaching;
  /** Names the failure of an app that has died, if one has. */
  crash(): BehaviourFailure | undefined;
}

/** An answer of the app, and what to say when it is not the right one. */
export class Answer {
  readonly status: number;
  readonly headers: Record<string, string | undefined>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the app may answer any JSON; each check looks for what it needs.
  readonly json: any;
  readonly setCookies: string[];
  /** Milliseconds from sending the request to the whole answer. */
  readonly ms: number;
  /** performance.now() when the answer was whole. */
  readonly arrivedAt: number;
  /** Which instance (1-based) answered. */
  readonly instance: number;
  readonly request: string;
  readonly #scene: Scene;

  constructor(response: supertest.Response, ms: number, request: string, scene: Scene) {
    this.status = response.status;
    this.headers = response.headers;
    this.text = response.text ?? '';
    this.json = parseJson(this.text);
    this.setCookies = ([] as string[]).concat(response.headers['set-cookie'] ?? []);
    this.ms = ms;
    this.arrivedAt = performance.now();
    this.instance = Number(response.headers[instanceHeader] ?? 1);
    this.request = request;
    this.#scene = scene;
  }

  /**
   * Fails the behaviour unless the status is one of those.
   * @throws {BehaviourFailure} with the sentences of the behaviour, or those given here.
   */
  mustBe(status: number | number[], teaching: Partial<Teaching> = {}): this {
    const allowed = ([] as number[]).concat(status);
    if (allowed.includes(this.status)) return this;
    const crash = this.status === 502 ? this.#scene.crash() : undefined;
    if (crash) throw crash;
    throw new BehaviourFailure({
      kind: 'behaviour',
      trail: this.#scene.trail,
      expected: allowed.join(' or '),
      seen: `${this.status}${this.status >= 400 && this.text ? ` ${excerpt(this.text)}` : ''}`,
      ...this.#scene.teaching,
      ...teaching,
    });
  }
}

export interface VisitorOptions {
  url: string;
  scene: Scene;
  cookies?: Map<string, string> | undefined;
  /** Whether `on` makes sense, so that the trail names instances. */
  severalInstances: boolean;
}

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

  /** Sends a request and adds a line to the behaviour's trail. */
  async send(method: string, path: string, body: unknown, options: RequestOptions = {}): Promise<Answer> {
    const { scene, url, severalInstances } = this.#options;
    const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
    const agent = new Agent({ keepAlive: false });
    const call = supertest(url)
      [method.toLowerCase() as 'get'](path)
      .agent(agent)
      .redirects(0)
      .ok(() => true);
    call.timeout({ deadline: deadlineMs }).buffer(true);
    if (options.on) call.set(pinHeader, String(options.on));
    if (this.cookies.size > 0)
      call.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    for (const [name, value] of Object.entries(options.headers ?? {})) call.set(name, value);
    if (body !== undefined) call.send(body as object);
    const where = severalInstances && options.on ? ` on instance ${options.on}` : '';
    const request = `${method} ${path}${where}`;
    const startedAt = performance.now();
    // Without a value: the call is a thenable, and an event target throws what a listener's promise rejects with.
    const abort = () => void call.abort();
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      const response = await abortable(call, options.signal);
      const answer = new Answer(response, performance.now() - startedAt, request, scene);
      this.#keepCookies(answer.setCookies);
      const cookieNames = answer.setCookies.map((cookie) => cookie.split('=')[0]);
      const cdn = verdictOf(answer);
      scene.trail.push(
        [
          `${request}\t${answer.status}`,
          ...(cookieNames.length > 0 ? [`set-cookie ${cookieNames.join(', ')}`] : []),
          ...(cdn ? [`CDN: ${inWords(cdn)}`] : []),
        ].join(', '),
      );
      return answer;
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      throw this.#noAnswer(error as NodeJS.ErrnoException, request, deadlineMs);
    } finally {
      options.signal?.removeEventListener('abort', abort);
      agent.destroy();
    }
  }

  #noAnswer(error: NodeJS.ErrnoException, request: string, deadlineMs: number): BehaviourFailure {
    const { scene } = this.#options;
    const crash = scene.crash();
    if (crash) return crash;
    const late = error.code === 'ECONNABORTED' || error.code === 'ETIME' || 'timeout' in error;
    const kind: FailureKind = late ? 'hangs' : 'behaviour';
    return new BehaviourFailure({
      kind,
      trail: [...scene.trail, `${request}\t${late ? 'no answer' : error.code}`],
      expected: 'an answer',
      seen: late ? `none within ${deadlineMs / 1000} s` : `the connection broke: ${error.code ?? error.message}`,
      ...scene.teaching,
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

function abortable(call: PromiseLike<supertest.Response>, signal?: AbortSignal): Promise<supertest.Response> {
  if (!signal) return Promise.resolve(call);
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    call.then(resolve, reject);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The beginning of a body, on one line, for a verdict. */
export function excerpt(text: string, length = 80): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
