import type { Instance, RedisDoor, Stage, Visitor } from '../harness/sdk/index.ts';
import { Gaps, shortLived } from './short-sessions.ts';
import { grace, itemsOf, logIn } from './steps.ts';

const item = { event: 'closing-night', seats: 3 };
/** As the harness gives every app that is told to stop. */
const endWithinMs = 5_000;

/**
 * A session whose last use is the last thing that a process does. With a door to Redis, SIGTERM comes while the request is
 * under way; without one, right after its answer. Each step says false when the machine came too late to judge it.
 */
export class LastUse {
  readonly #t: Stage;
  readonly #visitor: Visitor;
  readonly #leaving: Instance;
  readonly #stays: Instance;
  readonly #door: RedisDoor | undefined;
  readonly #gaps = new Gaps();
  #renewed = false;
  #shared = false;

  constructor(t: Stage, { leaving, stays, door }: { leaving: Instance; stays: Instance; door?: RedisDoor }) {
    this.#t = t;
    this.#visitor = t.visitor({ at: leaving });
    this.#leaving = leaving;
    this.#stays = stays;
    this.#door = door;
  }

  async begin(): Promise<boolean> {
    this.#t.trail.retell(1);
    this.#gaps.note(await logIn(this.#t, this.#visitor, grace, {}, shortLived));
    const added = await this.#visitor.post('/basket', item);
    if (!this.#gaps.inTime(added, 201)) return false;
    added.mustBe(201, shortLived);
    // Without sessions in common there is nothing that could outlive the process. Other behaviours say so.
    const known = await this.#t.visitor({ at: this.#stays, cookies: new Map(this.#visitor.cookies) }).get('/profile');
    this.#shared = known.status === 200;
    return this.#shared || known.status !== 503;
  }

  async useAndEnd(): Promise<boolean> {
    this.#t.trail.retell(1);
    this.#door?.holdReplies();
    const used = this.#visitor.get('/profile').catch(() => undefined); // Broken by the end of the process.
    if (this.#door) await Promise.race([used, this.#asksRedis()]);
    else await used;
    this.#leaving.signal('SIGTERM');
    this.#door?.resume();
    const answer = await used;
    if (!answer) delete this.#t.evidence.broken; // The check ended the process: what fails later has another cause.
    if (!this.#door) {
      if (!answer || !this.#gaps.inTime(answer)) return false;
      answer.mustBe(200, shortLived);
    } else if (answer) this.#gaps.note(answer);
    this.#renewed = answer?.status === 200; // A request that the end has cut off, or turned away, renews nothing.
    return true;
  }

  async mustBeAlive(): Promise<boolean> {
    if (!this.#renewed || !this.#shared) return true;
    if (!(await this.#leaving.exitedWithin(endWithinMs))) return false; // What it still has, it may still send.
    this.#t.trail.retell(1, 'a session of grace, used by GET /profile on another instance', '200');
    this.#t.step(this.#door ? 'SIGTERM to that instance, before the answer' : 'SIGTERM to that instance, at once');
    const basket = await this.#t.visitor({ at: this.#stays, cookies: this.#visitor.cookies }).get('/basket');
    if (!this.#gaps.inTime(basket)) return false;
    const items = itemsOf(this.#t, basket.mustBe(200, lost).json);
    this.#t.require(items.includes('closing-night × 3') || !this.#gaps.small, {
      expected: 'what grace put into the basket before',
      seen: basket.text,
      ...lost,
    });
    return true;
  }

  async #asksRedis(): Promise<void> {
    await this.#t.until('the instance asks Redis for the session', () => (this.#door?.heldBytes ?? 0) > 0);
  }
}

const lost = {
  because:
    'The last request before the process ended did not move the end of the session. Its renewal was kept in the process for later, and a deploy lost it.',
  lookAt: 'when is a renewal sent to Redis, and what of it is still in the process at SIGTERM?',
};

/** A session that was renewed in one tab, and is ended in another tab, which still has the cookie from before. */
export class EndedFromOldTab {
  readonly #t: Stage;
  readonly #app: Instance;
  readonly #visitor: Visitor;
  readonly #gaps = new Gaps();
  #old = new Map<string, string>();
  #ended = false;

  constructor(t: Stage, app: Instance) {
    this.#t = t;
    this.#app = app;
    this.#visitor = t.visitor({ at: app });
  }

  async begin(): Promise<void> {
    this.#t.trail.retell(1);
    this.#gaps.note(await logIn(this.#t, this.#visitor, grace, {}, shortLived));
    this.#old = new Map(this.#visitor.cookies);
  }

  async renewAndEnd(): Promise<boolean> {
    this.#t.trail.retell(1);
    const renewal = await this.#visitor.get('/profile');
    if (!this.#gaps.inTime(renewal)) return false;
    const oldTab = () => this.#t.visitor({ at: this.#app, cookies: new Map(this.#old) });
    const old = await oldTab().get('/profile');
    if (!this.#gaps.inTime(old, 401)) return false;
    if (old.status !== 200) return true; // An app may make an older cookie worth nothing.
    (await oldTab().post('/logout')).mustBe(204, { because: 'A logout answers 204.' });
    await this.#mustBeEnded();
    this.#ended = true;
    return true;
  }

  async mustStayEnded(): Promise<void> {
    if (this.#ended) await this.#mustBeEnded();
  }

  async #mustBeEnded(): Promise<void> {
    this.#t.trail.retell(1, 'a session of grace, renewed by GET /profile in one tab', '200');
    this.#t.step('POST /logout in another tab, with the cookie from before the renewal', '204');
    if (this.#ended) this.#t.step('two and a half seconds later, in the first tab:');
    const visitor = this.#t.visitor({ at: this.#app, cookies: new Map(this.#visitor.cookies) });
    (await visitor.get('/profile')).mustBe(401, {
      because: this.#ended
        ? 'The session had been ended, and it came back. What the app remembers of a logout ends with the cookie that the logout was sent with, and a cookie that was renewed later lives longer.'
        : 'The customer has logged out, and a copy of the cookie that was renewed before still opens the account.',
      lookAt: 'what does POST /logout remember of the session that it ends, and for how long?',
    });
  }
}
