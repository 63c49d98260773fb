import { readFileSync } from 'node:fs';
import bcrypt from 'bcrypt';
import {
  type Answer,
  BehaviourFailure,
  disturbs,
  type Instance,
  MachineWatch,
  type Stage,
} from '../harness/sdk/index.ts';

export interface Credentials {
  name: string;
  password: string;
}

export interface Account {
  name: string;
  hash: string;
}

/** Longer than six hashes one after the other take on a slow and busy laptop. */
export const patienceMs = 20_000;
/** Of accounts that are in the file already; a low cost saves the check time. */
export const cheapCost = 4;
/** What the contract asks of every stored hash. */
export const contractCost = 12;

let newcomers = 0;

/** Somebody who has no account yet. */
export function newcomer(): Credentials {
  newcomers++;
  return { name: `guest-${newcomers}`, password: `the password of guest ${newcomers}` };
}

/** The accounts in the file that are for this name. */
export function linesOf(t: Stage, name: string, file = t.file('ACCOUNTS_FILE')): Account[] {
  return readText(file).split('\n').slice(0, -1).flatMap(accountOf(t, name)); // What comes after the last line end is being written.
}

/** Reads a line; the account that it holds, if it is of that name. */
export function accountOf(t: Stage, name: string) {
  return (line: string): Account[] => {
    if (line === '') return [];
    try {
      const account = JSON.parse(line) as Account;
      return account?.name === name && typeof account.hash === 'string' ? [account] : [];
    } catch {
      return t.require(false, {
        step: 'read the accounts file',
        expected: 'a JSON object on every line',
        seen: line.slice(0, 80),
        because: 'A line that can’t be read is an account that is lost with the next restart.',
        lookAt: 'is each line written whole, with one call?',
      }) as never;
    }
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // Nobody has signed up yet.
  }
}

/** Requests with the same path sent at once, each by a visitor of its own. */
export class Crowd {
  readonly answers = new Map<Credentials, Answer>();
  /** Requests that nothing has come of yet. */
  open: number;
  readonly #all: Promise<PromiseSettledResult<void>[]>;
  readonly #watch = new MachineWatch();
  readonly #stage: Stage;

  /** @param options.seen called with each answer in the moment of its arrival. */
  constructor(
    t: Stage,
    path: string,
    bodies: readonly Credentials[],
    {
      seen = () => {},
      deadlineMs = patienceMs,
      at,
    }: {
      seen?: ((answer: Answer, body: Credentials) => void) | undefined;
      deadlineMs?: number;
      /** In place of the first instance. */
      at?: Instance;
    } = {},
  ) {
    this.#stage = t;
    this.open = bodies.length;
    this.#all = Promise.allSettled(
      bodies.map(async (body) => {
        try {
          const answer = await t.visitor(at && { at }).post(path, body, { deadlineMs });
          seen(answer, body);
          this.answers.set(body, answer);
        } finally {
          this.open--;
        }
      }),
    );
  }

  /**
   * All answers by what was sent, in the order of their arrival, or the first failure. On a machine that others keep busy,
   * an answer that is only late is none.
   */
  async everyAnswer(): Promise<Map<Credentials, Answer>> {
    for (const result of await this.#all) {
      if (result.status === 'fulfilled') continue;
      const late = result.reason instanceof BehaviourFailure && result.reason.failure.kind === 'hangs';
      if (late && disturbs(this.#watch.otherCoresBusy()))
        this.#stage.inconclusive('the machine was too busy to answer everybody');
      throw result.reason;
    }
    return this.answers;
  }
}

/** What several behaviours judge is gathered once. What went wrong is tried again by the next one. */
export function once<T>(gather: (t: Stage) => Promise<T>): (t: Stage) => Promise<T> {
  let gathered: Promise<T> | undefined;
  return (t) => {
    gathered ??= gather(t).catch((error) => {
      gathered = undefined;
      throw error;
    });
    return gathered;
  };
}

/** CPU milliseconds that a piece of work costs on this machine: the median of some runs, in this process. */
export function costMs(runs: number, work: () => void): number {
  const all = Array.from({ length: runs }, () => {
    const before = process.cpuUsage();
    work();
    const used = process.cpuUsage(before);
    return (used.user + used.system) / 1000;
  });
  return all.sort((a, b) => a - b)[runs >> 1] as number;
}

let hashMs: number | undefined;

/** What one hash costs here. It is machine code, so there is nothing to warm up, and one is enough. */
export function hashCostMs(): number {
  hashMs ??= costMs(1, () => bcrypt.hashSync('a long enough password', contractCost));
  return hashMs;
}
