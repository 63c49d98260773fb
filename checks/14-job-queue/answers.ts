import type { CheckDefinition } from '../harness/sdk/index.ts';
import { messageIdOf, newOrder, offersOf, place, post, show, untilStatus } from './desk.ts';
import { asked, eventually, soon } from './patience.ts';

const answerWithinMs = 2_500;

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
      for (const order of [newOrder(), newOrder({ event: 'saturday-matinee', seats: 1 })]) {
        t.trail.begin();
        const answer = (await asked(t, () => post(visitor, order))).mustBe([201, 202]);
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
        t.require(email.to.length === 1 && email.raw.includes(order.event), {
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
        { event: '' },
        { event: undefined },
        { email: 'ada' },
        { email: 'ada@example.org, eve@example.org' },
      ]) {
        t.trail.begin(JSON.stringify(wrong));
        (await asked(t, () => post(visitor, { ...newOrder(), ...wrong } as never))).mustBe([400, 422]);
      }
      for (const unknown of ['none', 'constructor', '__proto__', '7']) {
        t.trail.begin();
        (await asked(t, () => visitor.get(`/orders/${unknown}`))).mustBe(404);
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
        const id = await soon(t, answerWithinMs, (deadlineMs) => place(t, visitor, newOrder(), { on, deadlineMs }));
        await eventually(t, 'its e-mail to reach the SMTP server', () => offersOf(t.smtp, id).length > 0, {
          because: 'The order was accepted, and nobody sends its e-mail.',
          lookAt: 'who takes the work that POST /orders has left, and where is it left?',
        });
        const { status } = (await show(t, visitor, id, { on: 3 - on })).json;
        t.require(status === 'pending', {
          expected: 'pending, while the SMTP server has not taken the e-mail',
          seen: String(status),
          because: 'The shop says that the e-mail is sent, and the SMTP server may still refuse it.',
          lookAt: 'when does the order become confirmed?',
        });
        t.smtp.release();
        await untilStatus(t, visitor, id, 'confirmed');
        t.smtp.hold();
      }
    },
  );
}
