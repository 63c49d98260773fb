import { defineCheck } from '../harness/sdk/index.ts';
import lesson from './lesson.ts';
import { ada, itemsOf, linus, logIn, mustRead, requireItems } from './steps.ts';
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
      t.require(visitor.cookies.size > 0, {
        expected: 'POST /login sets a cookie',
        seen: 'no set-cookie header',
        because:
          'Without a cookie the next request is a stranger’s. express-session leaves a Secure cookie out when it takes the connection for plain HTTP: TLS ended at the balancer, and the app was not told to believe its X-Forwarded-Proto.',
        lookAt: 'with which options is the cookie set, and what does the app know of the proxy in front of it?',
      });
      await mustRead(t, visitor, 'ada', { on: 1 });
      const before = itemsOf(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json);
      const all = [...before, 'friday-opening × 2'];
      const added = (await visitor.post('/basket', { event: 'friday-opening', seats: 2 }, { on: 1 })).mustBe(201);
      requireItems(t, added.json, all);
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
      requireItems(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json, all);
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
      const visitors = [t.visitor(), t.visitor()] as const;
      for (const [visitor, first, second] of [
        [visitors[0], 1, 2],
        [visitors[1], 2, 1],
      ] as const) {
        await logIn(t, visitor, ada, { on: first });
        await mustRead(t, visitor, 'ada', { on: second });
      }
      t.step('the browser that ada had logged in with first:');
      await mustRead(
        t,
        visitors[0],
        'ada',
        { on: 1 },
        {
          because:
            'The later login ended the earlier one: whoever logs in on the telephone is logged out on the computer.',
          lookAt: 'under which key is a session kept: one for each login, or one for each customer?',
        },
      );
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
      const before = itemsOf(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json);
      (await visitor.post('/basket', { event: 'saturday-gala', seats: 2 }, { on: 1 })).mustBe(201);
      const one = [...before, 'saturday-gala × 2'];
      requireItems(t, (await visitor.get('/basket', { on: 2 })).mustBe(200, unknownThere).json, one);
      const both = [...one, 'sunday-matinee × 3'];
      requireItems(
        t,
        (await visitor.post('/basket', { event: 'sunday-matinee', seats: 3 }, { on: 2 })).mustBe(201).json,
        both,
      );
      requireItems(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json, both);
      t.step('another customer:');
      const other = t.visitor();
      await logIn(t, other, linus, { on: 2 });
      const theirs = itemsOf(t, (await other.get('/basket', { on: 2 })).mustBe(200).json);
      t.require(!theirs.includes('saturday-gala × 2'), {
        expected: 'nothing of ada’s in the basket of linus',
        seen: theirs.join(', '),
        because: 'The customers share one basket: nothing in its key says whose it is.',
        lookAt: 'under which key is a basket kept?',
      });
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
      const added = await visitor.post('/basket', { event: 'monday-concert', seats: 2 }, { on: 1 });
      const items = itemsOf(t, added.mustBe(201).json);
      await t.restart();
      await mustRead(t, visitor, 'ada', { on: 1 });
      requireItems(t, (await visitor.get('/basket', { on: 2 })).mustBe(200).json, items);
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
      const other = t.visitor();
      await logIn(t, other, linus, { on: 1 });
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
      t.step('linus, who has not logged out:');
      await mustRead(
        t,
        other,
        'linus',
        { on: 2 },
        {
          because: 'One customer has logged out, and another one is logged out, too.',
          lookAt: 'which keys does POST /logout delete?',
        },
      );
    },
  );

  unseenBehaviours(behaviour);

  load(() => ({ phases: [{ duration: 5, arrivalRate: 10 }] }));
});
