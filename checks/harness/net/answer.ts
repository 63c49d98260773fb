import type supertest from 'supertest';
import { BehaviourFailure, type Teaching } from '../model/verdict.ts';
import { instanceHeader } from './balancer.ts';

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
