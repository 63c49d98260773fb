import type supertest from 'supertest';
import type { Trail } from '../model/trail.ts';
import { BehaviourFailure, type Teaching } from '../model/verdict.ts';
import { brokenHeader, instanceHeader } from './balancer.ts';
import type { CdnVerdict } from './cache-status.ts';

/** What a visitor needs of the behaviour it acts in. */
export interface Scene {
  trail: Trail;
  teaching: Teaching;
  /** Names the failure of an app that has died, if one has. */
  crash(): BehaviourFailure | undefined;
  /** What may explain a failure better than the behaviour can. */
  readonly evidence?: Evidence;
}

/** Answers that tell of the app rather than of a lesson: gathered while a behaviour acts. */
export interface Evidence {
  /** Those of 500 that nobody has named as expected yet. */
  readonly unexpected: Set<Answer>;
  /** The answer that made the behaviour fail, and the statuses that would have been right. */
  refused?: { answer: Answer; allowed: readonly number[] };
  /** The request that broke. */
  broken?: { request: string; sentAt: number };
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
  /** Why the balancer had to answer in the place of an instance: "ECONNRESET". */
  readonly broken: string | undefined;
  /** What the CDN did, where the request went through it. */
  readonly cdn: CdnVerdict | undefined;
  readonly #scene: Scene;

  constructor(response: supertest.Response, ms: number, request: string, scene: Scene, cdn?: CdnVerdict) {
    this.status = response.status;
    this.headers = response.headers;
    this.text = response.text ?? '';
    this.json = parseJson(this.text);
    this.setCookies = ([] as string[]).concat(response.headers['set-cookie'] ?? []);
    this.ms = ms;
    this.arrivedAt = performance.now();
    this.instance = Number(response.headers[instanceHeader] ?? 1);
    this.request = request;
    this.broken = response.headers[brokenHeader];
    this.cdn = cdn;
    this.#scene = scene;
    if (this.status === 500) scene.evidence?.unexpected.add(this);
  }

  /** performance.now() when the request was sent. */
  get sentAt(): number {
    return this.arrivedAt - this.ms;
  }

  /** Whether the status is one of those. A status that a behaviour asks for is one that the contract names. */
  is(...statuses: number[]): boolean {
    const named = statuses.includes(this.status);
    if (named) this.#scene.evidence?.unexpected.delete(this);
    return named;
  }

  /**
   * Fails the behaviour unless the status is one of those.
   * @throws {BehaviourFailure} with the sentences of the behaviour, or those given here.
   */
  mustBe(status: number | number[], teaching: Partial<Teaching> = {}): this {
    const allowed = ([] as number[]).concat(status);
    if (this.is(...allowed)) return this;
    const crash = this.status === 502 ? this.#scene.crash() : undefined;
    if (crash) throw crash;
    if (this.#scene.evidence) this.#scene.evidence.refused = { answer: this, allowed };
    throw new BehaviourFailure({
      kind: 'behaviour',
      trail: this.#scene.trail.steps,
      expected: allowed.join(' or '),
      seen: `${this.status}${this.status >= 400 && this.text ? ` ${excerpt(this.text)}` : ''}`,
      ...this.#scene.teaching,
      ...teaching,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The beginning of a body, on one line, for a verdict. Of a page, its text. A no-break space stays one. */
export function excerpt(text: string, length = 80): string {
  const line = withoutTags(text)
    .replace(/[ \t\r\n\f\v]+/g, ' ')
    .trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

function withoutTags(text: string): string {
  if (!/^\s*<(!doctype|html)/i.test(text)) return text;
  return text
    .replace(/<(head|script|style)\b[^>]*>.*?<\/\1>/gis, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
