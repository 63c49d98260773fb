import type { Stage } from '../harness/sdk/index.ts';
import { type Credentials, linesOf } from './steps.ts';

/** A deploy ends the app with SIGTERM. How soon it does is judged where the app stops; here, what it leaves behind. */
export async function mustKeepAtItsEnd(t: Stage, customers: Credentials[]): Promise<void> {
  const isThere = ({ name }: Credentials) => linesOf(t, name).length > 0;
  const before = customers.filter(isThere); // Of the others their own behaviours speak.
  await t.app(1).stop();
  t.trail.begin('SIGTERM, as in a deploy');
  for (const customer of before)
    t.require(isThere(customer), {
      step: `the line of ${customer.name} in ACCOUNTS_FILE, once the app has ended`,
      expected: 'as before',
      seen: 'gone',
      because:
        'The line was there before SIGTERM. As it ended, the app wrote the file anew from what it knew. Lines that other programs have added since its start are not among that.',
      lookAt: 'what does the app do on SIGTERM, and where does it get from what it writes then?',
    });
}
