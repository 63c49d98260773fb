import type { CheckDefinition, SmtpHandle, Stage, Visitor } from '../harness/sdk/index.ts';
import { mustHaveOneEach, newOrder, place } from './desk.ts';

const many = 18;

export function connectionBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'connections',
    'a worker has at most SMTP_CONNECTIONS connections, and sends more than one e-mail over each',
    {
      because:
        'Each e-mail has a connection of its own, or there are more than the relay allows. The relay turns the others away, and those e-mails are late.',
      lookAt: 'what opens a connection to the SMTP server, what closes it, and what limits how many there are?',
    },
    async (t) => {
      // Connections of earlier behaviours are gone with their worker.
      await t.worker().kill();
      await t.restart('worker');
      t.smtp.reset();
      t.smtp.setLatency(60);
      await mustShare(t, t.visitor(), t.smtp, 3);
    },
  );
}

/** Many orders at once, which the worker sends over few connections. */
export async function mustShare(t: Stage, visitor: Visitor, smtp: SmtpHandle, most: number): Promise<void> {
  const ids: string[] = [];
  t.trail.begin();
  for (let n = 0; n < many; n++) ids.push(await place(t, visitor, newOrder()));
  t.trail.begin(`${many} orders, SMTP_CONNECTIONS=${most}`);
  await mustHaveOneEach(t, visitor, smtp, ids);
  const { most: seen, turnedAway } = smtp.connections();
  t.require(seen <= most && turnedAway === 0, {
    expected: `at most ${most} connections to the SMTP server at a time`,
    seen: turnedAway > 0 ? `${seen}, and ${turnedAway} that it turned away` : String(seen),
  });
  const used = new Set(smtp.accepted.map(({ connection }) => connection)).size;
  t.require(used <= many / 2, {
    expected: `at most ${many / 2} connections for ${many + 1} e-mails`,
    seen: `${used}`,
    because: 'Each e-mail opens a connection and greets the server again, which takes longer than the e-mail itself.',
    lookAt: 'what closes the connection after an e-mail?',
  });
}
