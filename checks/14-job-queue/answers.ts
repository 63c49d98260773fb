import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, emailSays, type Stage, type Visitor } from '../harness/sdk/index.ts';
import { mustTurnNobodyAway } from './crowd.ts';
import {
  emailsOf,
  idIn,
  messageIdOf,
  mustHaveOneEach,
  newOrder,
  offersOf,
  place,
  post,
  show,
  untilStatus,
} from './desk.ts';
import { asked, eventually, soon } from './patience.ts';
import { nobodySends, unless503 } from './sentences.ts';

const answerWithinMs = 2_500;
/** More than the SMTP server has connections, and than anybody would call a short queue. */
const crowd = 120;
const atOnce = 10;

export function answerBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'routes',
    'an order is confirmed by the e-mail that belongs to it, and what is no order is refused',
    {
      because: 'The answer, or the e-mail, is not the one in the README.',
      lookAt: 'which route answers this request, and what goes into the e-mail?',
    },
    async (t) => {
      const visitor = t.visitor();
      for (const order of [
        newOrder(),
        newOrder({ event: 'saturday-matinee', seats: 1, email: `Ada.O'Hara+${Date.now()}@example.org` }),
        newOrder({ event: 'Zoë & “Die Ärzte”, 22:30 \\', seats: 20 }),
      ]) {
        t.trail.begin();
        const answer = await asked(t, () => post(visitor, order));
        answer.mustBe([201, 202], unless503(answer));
        const id = answer.json?.order;
        t.require(typeof id === 'string', { expected: '{"order": its id, …}', seen: answer.text });
        const shown = await untilStatus(t, visitor, id, 'confirmed');
        for (const [field, value] of Object.entries({ order: id, ...order }))
          t.require(shown.json[field] === value, { expected: `"${field}":${JSON.stringify(value)}`, seen: shown.text });
        // An app that says so too early is another behaviour's matter.
        const email = await eventually(t, `an e-mail to ${order.email}`, () =>
          t.smtp.accepted.find(({ to }) => to.includes(order.email)),
        );
        t.require(email.messageId === messageIdOf(id), {
          expected: `Message-ID: <${messageIdOf(id)}>`,
          seen: `<${email.messageId}>`,
          because: 'An e-mail that comes twice must have the same Message-ID, or nobody can tell that it is one.',
          lookAt: 'what is the Message-ID made of?',
        });
        t.require(email.to.length === 1 && emailSays(email, order.event), {
          expected: `one e-mail to ${order.email} about ${order.event}`,
          seen: `to ${email.to.join(', ')}: ${email?.subject}`,
        });
      }
      t.trail.begin();
      const before = t.smtp.offered.length;
      for (const wrong of [
        { seats: 0 },
        { seats: 21 },
        { seats: 1.5 },
        { seats: '2' },
        { seats: -1 },
        { seats: null },
        { seats: [2] },
        { event: '' },
        { event: undefined },
        { event: ['friday-opening'] },
        { email: 'ada' },
        { email: '' },
        { email: undefined },
        { email: ['ada@example.org'] },
        { email: 'ada@example.org, eve@example.org' },
        { email: 'ada@example.org\r\nBcc: eve@example.org' },
      ]) {
        t.trail.begin(JSON.stringify(wrong));
        const answer = await asked(t, () => post(visitor, { ...newOrder(), ...wrong } as never));
        answer.mustBe([400, 422], unless503(answer));
      }
      for (const unknown of ['none', 'constructor', '__proto__', '7']) {
        t.trail.begin();
        const answer = await asked(t, () => visitor.get(`/orders/${unknown}`));
        answer.mustBe(404, unless503(answer));
      }
      t.require(t.smtp.offered.length === before, { expected: 'no e-mail', seen: 'one for an order that was refused' });
    },
  );

  behaviour(
    'does-not-wait',
    'POST /orders answers 202 while the SMTP server still thinks, and the order is pending until it has taken the e-mail',
    {
      because: 'The customer waits for a server that only the e-mail needs. When that is slow, the shop is slow.',
      lookAt: 'what does POST /orders wait for before it answers?',
    },
    async (t) => {
      const visitor = t.visitor();
      t.smtp.hold();
      for (const on of [1, 2]) {
        t.trail.begin('the SMTP server keeps its clients waiting');
        // Whoever waits for it waits for ever. So an answer that comes did not wait.
        const answer = await soon(t, answerWithinMs, (deadlineMs) =>
          asked(t, () => post(visitor, newOrder(), { on, deadlineMs })),
        );
        const id = idIn(t, answer);
        t.require(answer.json.status === 'pending', { expected: '"status":"pending"', seen: answer.text });
        const isThere = () => offersOf(t.smtp, id).length > 0;
        await eventually(t, 'its e-mail to reach the SMTP server', isThere, nobodySends);
        // One has said pending, and may have kept that: first the other one than was ordered at, and then that one itself.
        await mustBePending(t, visitor, id, 2);
        t.smtp.release();
        await eventually(t, 'its e-mail to be taken', () => emailsOf(t.smtp, id).length > 0);
        await untilStatus(t, visitor, id, 'confirmed', { on: 1 });
        await untilStatus(t, visitor, id, 'confirmed', { on: 2, knownSince: performance.now() });
        t.smtp.hold();
      }
      await mustTakeAll(t, visitor);
      await mustTurnNobodyAway(t);
    },
    { limitMs: 60_000 },
  );
}

async function mustBePending(t: Stage, visitor: Visitor, id: string, on: number): Promise<void> {
  const { status } = (await show(t, visitor, id, { on })).json;
  t.require(status === 'pending', {
    expected: 'pending, while the SMTP server has not taken the e-mail',
    seen: String(status),
    because: 'The shop says that the e-mail is sent, and the SMTP server may still refuse it.',
    lookAt: 'when does the order become confirmed?',
  });
}

/** While the SMTP server keeps its clients waiting: one order twice, and more of them than it has connections. */
async function mustTakeAll(t: Stage, visitor: Visitor): Promise<void> {
  const order = newOrder();
  t.trail.begin('the SMTP server keeps its clients waiting; the same order twice, without a key');
  // Who takes both for one order answers with one id.
  const alike = new Set([await place(t, visitor, order, { on: 1 }), await place(t, visitor, order, { on: 2 })]);
  t.trail.begin(`the SMTP server keeps its clients waiting; ${crowd} orders, ${atOnce} at a time`);
  const ids: string[] = [];
  let slow = '';
  while (ids.length < crowd) {
    // One of them stays slow when the others are not, and has others before and behind it.
    const some = Array.from({ length: atOnce }, (_, n) => newOrder(ids.length + n === crowd / 3 ? slowOnes : {}));
    const answers = await Promise.all(some.map((order) => asked(t, () => post(visitor, order, { on: 1 }))));
    t.trail.retell(1);
    for (const [n, answer] of answers.entries()) {
      const id = idIn(t, answer, answer.status === 503 ? turnedAway : {});
      if (some[n]?.email === slowOnes.email) slow = id;
      ids.push(id);
    }
  }
  t.smtp.release();
  t.smtp.hold(({ to }) => to.includes(slowOnes.email));
  const at = ids.indexOf(slow);
  await mustSettleBeside(t, visitor, slow, ids.slice(at - 5, at + 6));
  t.smtp.release();
  t.trail.begin('an SMTP server that kept its clients waiting; the same order twice, without a key');
  const late = () => (alike.size > 1 ? secondOfTwo : nobodySends);
  for (const id of alike) await untilStatus(t, visitor, id, 'confirmed', { late });
  t.trail.begin(`an SMTP server that kept its clients waiting, and ${crowd} orders`);
  await mustHaveOneEach(t, visitor, t.smtp, [...alike, ...ids], { late: () => nobodySends });
}

/** What is taken while one e-mail is slow must be confirmed at once. What comes behind that one may wait for it. */
async function mustSettleBeside(t: Stage, visitor: Visitor, slow: string, ids: string[]): Promise<void> {
  await eventually(t, 'every e-mail to reach the SMTP server', () => offersOf(t.smtp, slow).length > 0, nobodySends);
  for (let before = -1; before < t.smtp.accepted.length; await delay(150)) before = t.smtp.accepted.length;
  t.trail.begin('the SMTP server takes its time for one e-mail, and has taken others');
  for (const id of ids) if (emailsOf(t.smtp, id).length > 0) await untilStatus(t, visitor, id, 'confirmed');
}

const slowOnes = { email: 'slow@example.org' };

const turnedAway = {
  because:
    'The SMTP server is slow, so the shop turns customers away. A job can wait in Redis for as long as it has to.',
  lookAt: 'what does POST /orders make of a queue that is long?',
};

const secondOfTwo = {
  because:
    'Two orders that look alike were accepted, each with an id of its own, and this one has no e-mail. Whoever orders the same again before the first e-mail is sent is told pending for ever.',
  lookAt: 'what is the name of a job made of, and what becomes of a second job with that name?',
};
