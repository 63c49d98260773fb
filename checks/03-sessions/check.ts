import { defineCheck } from '../harness/check.ts';
import lesson from './lesson.ts';
import { ada, logIn, mustRead, requireItems } from './steps.ts';
import { unseenBehaviours } from './unseen-behaviours.ts';

const unknownThere = {
  because: 'The instance does not know the session that the other one created.',
  lookAt: 'where does the app keep its sessions, and which instances can read there?',
};

defineCheck(lesson, ({ behaviour, load }) => {
  behaviour(
    'read-back',
    'logging in gives a session that reads the profile and the basket back',
    {
      because: 'A login that the next request does not find is no login.',
      lookAt: 'what does POST /login store, and how does the next request find it?',
    },
    async (t) => {
      const visitor = t.visitor();
      (await visitor.get('/profile', { on: 1 })).mustBe(401, {
        because: 'Nobody has logged in yet, so the profile is nobody’s.',
        lookAt: 'what does GET /profile do when a request has no session?',
      });
      await logIn(t, visitor, ada, { on: 1 });
      await mustRead(t, visitor, 'ada', { on: 1 });
      const added = (await visitor.post('/basket', { event: 'friday-opening', seats: 2 }, { on: 1 })).mustBe(201);
      requireItems(t, added.json, 'friday-opening × 2');
      const notSold = {
        because: 'What is no event or no number of seats must not get into a basket.',
        lookAt: 'who reads the body of POST /basket?',
      };
      for (const body of [
        { seats: 2 },
        { event: 'friday-opening' },
        { event: 'friday-opening', seats: 0 },
        { event: 'friday-opening', seats: 'all' },
      ]) {
        t.step(`POST /basket with ${JSON.stringify(body)}`);
        (await visitor.post('/basket', body, { on: 1 })).mustBe(400, notSold);
      }
      requireItems(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json, 'friday-opening × 2');
    },
  );

  behaviour(
    'wrong-password',
    'a wrong password is 401 and leaves no session behind',
    {
      because: 'The session exists before the password has been checked, or although the check failed.',
      lookAt: 'in which order does POST /login check the password and start the session?',
    },
    async (t) => {
      for (const wrong of [
        { ...ada, password: 'synthetic' },
        { ...ada, username: 'nobody' },
      ]) {
        const visitor = t.visitor();
        (await visitor.post('/login', wrong, { on: 1 })).mustBe(401);
        (await visitor.get('/profile', { on: 1 })).mustBe(401);
      }
    },
  );

  behaviour(
    'other-instance',
    'a login on one instance is valid on the other',
    {
      because:
        'The session is kept where only the instance that created it can see it: in its memory, or on its own disk.',
      lookAt: 'where does the app keep its sessions, and which instances can read there?',
    },
    async (t) => {
      for (const [first, second] of [
        [1, 2],
        [2, 1],
      ] as const) {
        const visitor = t.visitor();
        await logIn(t, visitor, ada, { on: first });
        await mustRead(t, visitor, 'ada', { on: second });
      }
    },
  );

  behaviour(
    'basket-follows',
    'the basket follows the customer from instance to instance',
    {
      because: 'The login is shared, but the basket is not: each instance adds to a copy of its own.',
      lookAt: 'where does POST /basket put the item, and where does GET /basket look?',
    },
    async (t) => {
      const visitor = t.visitor();
      await logIn(t, visitor, ada, { on: 1 });
      (await visitor.post('/basket', { event: 'friday-opening', seats: 2 }, { on: 1 })).mustBe(201);
      requireItems(t, (await visitor.get('/basket', { on: 2 })).mustBe(200, unknownThere).json, 'friday-opening × 2');
      const both = 'friday-opening × 2, sunday-matinee × 3';
      requireItems(
        t,
        (await visitor.post('/basket', { event: 'sunday-matinee', seats: 3 }, { on: 2 })).mustBe(201).json,
        both,
      );
      requireItems(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json, both);
    },
  );

  behaviour(
    'survives-restart',
    'a session survives a restart of every instance',
    {
      because: 'The session ended with the process. Every deploy would log everybody out and empty their baskets.',
      lookAt: 'what does the app know right after its start, and from where?',
    },
    async (t) => {
      const visitor = t.visitor();
      await logIn(t, visitor, ada, { on: 1 });
      (await visitor.post('/basket', { event: 'friday-opening', seats: 2 }, { on: 1 })).mustBe(201);
      await t.restart();
      await mustRead(t, visitor, 'ada', { on: 1 });
      requireItems(t, (await visitor.get('/basket', { on: 2 })).mustBe(200).json, 'friday-opening × 2');
    },
  );

  behaviour(
    'logout-everywhere',
    'a logout on one instance ends the session on the other, also for a copy of the cookie',
    {
      because:
        'Whoever kept a copy of the cookie is still logged in: nothing that every instance asks knows of the logout.',
      lookAt: 'what does POST /logout change besides the browser’s cookie, and who can see that change?',
    },
    async (t) => {
      const visitor = t.visitor();
      await logIn(t, visitor, ada, { on: 1 });
      const copies = [new Map(visitor.cookies)];
      // Both instances have seen the session, so that one which remembers it is found out.
      for (const on of [1, 2]) await mustRead(t, visitor, 'ada', { on }, unknownThere);
      copies.push(new Map(visitor.cookies));
      (await visitor.post('/logout', undefined, { on: 2 })).mustBe(204, { because: 'A logout answers 204.' });
      (await visitor.get('/profile', { on: 1 })).mustBe(401);
      for (const cookies of copies) {
        for (const on of [1, 2]) {
          t.step('a copy of the cookie from before the logout:');
          (await t.visitor({ cookies }).get('/profile', { on })).mustBe(401);
        }
      }
      (await t.visitor({ cookies: copies[0] }).get('/basket', { on: 1 })).mustBe(401);
    },
  );

  unseenBehaviours(behaviour);

  load(() => ({ phases: [{ duration: 5, arrivalRate: 10 }] }));
});
