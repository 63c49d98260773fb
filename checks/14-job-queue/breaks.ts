import type { CheckDefinition } from '../harness/sdk/index.ts';
import { emailsOf, newOrder, offersOf, place, untilStatus } from './desk.ts';
import { eventually } from './patience.ts';

const backoffMs = 100;

export function breakBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'breaks-off',
    'an SMTP server that breaks the connection is an attempt like any other, with its pause',
    {
      because:
        'A connection that breaks says nothing about the e-mail. The app has taken it for a refusal for good, or has sent the e-mail again past its pauses.',
      lookAt: 'what does the app make of an error that has no code of the SMTP server?',
    },
    async (t) => {
      const visitor = t.visitor();
      t.smtp.refuse(({ to }, attempt) => {
        const [, breaks = '0'] = /^breaks-(\d+)/.exec(to[0] ?? '') ?? [];
        return attempt <= Number(breaks) ? 'drop' : undefined;
      });
      const id = await place(t, visitor, newOrder({ email: 'breaks-2.ada@example.org' }));
      t.trail.begin('the SMTP server breaks the connection in the middle of an e-mail, twice');
      await untilStatus(t, visitor, id, 'confirmed');
      const at = offersOf(t.smtp, id).map(({ atMs }) => atMs);
      for (const [n, from] of at.slice(0, -1).entries()) {
        const pauseMs = (at[n + 1] as number) - from;
        t.require(pauseMs >= 0.9 * backoffMs * 2 ** n, {
          expected: `a pause of at least ${backoffMs * 2 ** n} ms before attempt ${n + 2}`,
          seen: `${Math.round(pauseMs)} ms`,
        });
      }
      t.require(at.length === 3 && emailsOf(t.smtp, id).length === 1, {
        expected: '3 attempts, of which the last is taken',
        seen: `${at.length} attempts`,
      });
      const always = await place(t, visitor, newOrder({ email: 'breaks-99.ada@example.org' }));
      t.trail.begin('the SMTP server always breaks the connection, MAX_ATTEMPTS=4');
      await untilStatus(t, visitor, always, 'failed');
      await eventually(t, '4 attempts', () => offersOf(t.smtp, always).length >= 4);
      const { length } = offersOf(t.smtp, always);
      t.require(length === 4, { expected: '4 attempts', seen: String(length) });
    },
    { further: true },
  );
}
