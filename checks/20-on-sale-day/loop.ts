import { type Asked, ask } from './ask.ts';
import { conclude, kindsOf, type Part } from './parts.ts';
import { ticketOf } from './ticket.ts';

const tickets = 16;

export function loopPart(part: Part): void {
  part(
    'event-loop',
    'The event loop',
    {
      points: 10,
      lessons: [2, 7],
      because: 'A ticket is drawn on the event loop, so that everybody else in its process waits for it.',
      lookAt: 'which thread does makeTicket run on, and how many of them run at a time?',
    },
    async (t, minute) => {
      const { customers, accepted } = minute;
      const order = accepted.find(({ who }) =>
        customers.some((customer) => customer.number === who && customer.isLoggedIn),
      );
      const customer = customers.find(({ number }) => number === order?.who);
      const app = t.app(1);
      if (!order || !customer) {
        t.score(0, 'no order was accepted, so no ticket could be drawn', {
          because:
            'Nobody could order in the minute. What stands in the way of that costs other parts their points, too.',
          lookAt: 'which part says why POST /orders was not answered with 201?',
        });
        return;
      }
      const path = `/orders/${order.id}/ticket`;
      const before = app.threadCpu();
      let answered = 0;
      let isOver = false;
      const drawn: Asked[] = [];
      const drawing = Promise.all(
        Array.from({ length: tickets }, async () => {
          drawn.push(await customer.ask(app.url, { path }));
        }),
      ).then(() => {
        isOver = true;
      });
      while (!isOver) {
        const { status } = await ask(app.url, { path: '/health' });
        if (status === 200 && !isOver) answered++;
      }
      await drawing;
      const onLoops = loopShare(before, app.threadCpu());
      t.step(`${tickets} tickets at once on instance 1, and GET /health again and again meanwhile`);
      const right = ticketOf(order);
      const good = drawn.filter(({ status, body }) => status === 200 && body === right);
      const asFew = answered / tickets;
      conclude(t, minute, [
        {
          worth: 0.8,
          timed: onLoops < 0.8,
          // Where others keep the cores busy, few are answered of whatever app; there the threads tell.
          share: good.length === 0 ? 0 : asFew >= 2 || onLoops < 0.5 ? 1 : asFew >= 1.5 ? 0.5 : 0,
          seen:
            good.length === 0
              ? `none of ${tickets} tickets could be had: ${kindsOf(drawn)}`
              : `while ${tickets} tickets were drawn, an instance answered only ${answered} other requests`,
          ...(good.length === 0 ? notDrawn : {}),
          good: `while ${tickets} tickets were drawn, ${answered} other requests were answered`,
        },
        {
          worth: 0.2,
          share: good.length === tickets ? 1 : 0,
          seen: `${tickets - good.length} of ${tickets} tickets were no 200, or not the ones that the gates know`,
          good: 'each ticket is right',
          because: 'Customers stand at the gate with a ticket that nobody knows, or without one.',
          lookAt: 'what does a ticket depend on, and what does the route answer when many want one?',
        },
      ]);
    },
  );
}

const notDrawn = {
  because: 'Whether a ticket keeps others waiting can only be seen once its customer gets one.',
  lookAt: 'if these are 401: part Sessions. Otherwise, what else does GET /orders/:id/ticket need?',
};

/** The share of the CPU time that event loops took, which are the first threads of processes. 1 where only Linux can tell. */
function loopShare(before: Map<string, number> | undefined, after: Map<string, number> | undefined): number {
  if (!before || !after) return 1;
  let loops = 0;
  let all = 0;
  for (const [thread, ms] of after) {
    const [pid, tid] = thread.split('/');
    const used = ms - (before.get(thread) ?? 0);
    all += used;
    if (pid === tid) loops += used;
  }
  return all > 0 ? loops / all : 1;
}
