import type { Stage } from '../harness/sdk/index.ts';
import { change, read } from './steps.ts';

/** No list that others read shows them on its first page. */
const firstId = 240;
const others = 40;
const priceCents = 777;

/** Nobody reads an event after its write, and many others are written before somebody does. */
export async function staysSeenAfterManyWrites(t: Stage): Promise<void> {
  t.trail.begin();
  const path = `/events/${firstId}`;
  for (let n = 0; n <= others; n++) await read(t.visitor(), `/events/${firstId + n}`);
  await change(t, `${firstId}`, { priceCents });
  for (let n = 1; n <= others; n++) await change(t, `${firstId + n}`, { priceCents: 1_000 + n });
  const { json } = await read(t.visitor(), path);
  t.trail.begin(
    `GET of ${others + 1} events, then PUT ${path} {"priceCents":${priceCents}}, then PUT to the ${others} others`,
  );
  t.require(json?.priceCents === priceCents, {
    step: `GET ${path}`,
    expected: `priceCents ${priceCents}`,
    seen: `priceCents ${json?.priceCents}`,
    because:
      'The shop still has the event from before its write, and has forgotten since that it is wrong: other writes have pushed that out.',
    lookAt: 'where does it say that an entry is wrong, how long does it say so, and how many such notes are there?',
  });
}
