import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ada, asJson, linus, logIn, noFields } from './steps.ts';

type Behaviour = CheckDefinition['behaviour'];

export function wrongPassword(behaviour: Behaviour): void {
  behaviour(
    'wrong-password',
    'a wrong password is 401 and leaves no session behind',
    {
      because: 'The session exists before the password has been checked, or although the check failed.',
      lookAt: 'in which order does POST /login check the password and start the session?',
    },
    async (t) => {
      const before = await keysAfterVisit(t);
      for (const wrong of [
        { ...ada, password: 'synthetic' },
        { ...ada, username: 'nobody' },
        { ...ada, username: 'constructor' },
      ]) {
        const visitor = t.visitor();
        (await visitor.post('/login', wrong, { on: 1 })).mustBe(401);
        (await visitor.get('/profile', { on: 1 })).mustBe(401);
      }
      for (const wrong of [
        undefined,
        ...[{ username: 'ada' }, { ...ada, password: 1815 }, { ...ada, username: ['ada'] }].map((b) =>
          JSON.stringify(b),
        ),
        ...noFields,
      ]) {
        const visitor = t.visitor();
        t.step(`POST /login with ${wrong ?? 'no body'}`);
        (await visitor.post('/login', wrong, { on: 1, headers: wrong ? asJson : {} })).mustBe([400, 401], {
          because: 'A login without a name and a password as text is nobody’s, and no fault of the app.',
          lookAt: 'what does POST /login do with a body that it did not expect?',
        });
        (await visitor.get('/profile', { on: 1 })).mustBe(401);
      }
      if (before) await mustBeAllKeys(t, before);
      t.trail.begin();
      const loggedIn = t.visitor();
      await logIn(t, loggedIn, ada, { on: 1 });
      t.step('in the same browser, as linus with a wrong password:');
      (await loggedIn.post('/login', { ...linus, password: 'synthetic' }, { on: 1 })).mustBe(401);
      const { json, text } = (await loggedIn.get('/profile', { on: 1 })).mustBe([200, 401]);
      t.require(json?.username !== 'linus', { expected: 'not the profile of linus', seen: text });
    },
  );
}

/** All keys, unless a mere visit leaves one: other behaviours say so, with its own reason. */
async function keysAfterVisit(t: Stage): Promise<Set<string> | undefined> {
  const before = await t.redis.keys();
  (await t.visitor().get('/profile', { on: 1 })).mustBe(401);
  const after = await t.redis.keys();
  t.trail.begin();
  return after.length > before.length ? undefined : new Set(after);
}

async function mustBeAllKeys(t: Stage, before: ReadonlySet<string>): Promise<void> {
  const left = (await t.redis.keys()).filter((key) => !before.has(key));
  t.require(left.length === 0, {
    expected: 'no new keys in Redis after logins that were refused',
    seen: `${left.length} new, such as ${left[0]}`,
    because:
      'A refused login left a key in Redis, such as a count of wrong passwords. Whoever tries invented names can fill Redis with them.',
    lookAt: 'what does POST /login write when the password is wrong?',
  });
}
