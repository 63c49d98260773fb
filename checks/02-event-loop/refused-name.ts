import { mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { excerpt, type Instance, type Stage } from '../harness/sdk/index.ts';
import { fullDisk } from './full-disk.ts';
import { type Credentials, linesOf, newcomer, patienceMs } from './steps.ts';

/** By then, whatever tries again by itself has done so. */
const triedAgainMs = 4_000;

interface Refused {
  at: Instance;
  file: string;
  customer: Credentials;
  status: number;
  /** Since when the disk takes everything again. */
  since: number;
}

/** A sign-up while the disk takes nothing. Undefined where that can't be done, or went as it must not: another behaviour says so. */
export async function refusedOne(t: Stage): Promise<Refused | undefined> {
  const file = join(mkdtempSync(join(dirname(t.file('ACCOUNTS_FILE')), 'refused-')), 'accounts.jsonl');
  const at = await t.startExtra({ env: { ACCOUNTS_FILE: file } });
  await t.visitor({ at }).get('/health', { deadlineMs: patienceMs });
  const disk = fullDisk(at, file);
  if (!disk) return undefined;
  const customer = newcomer();
  disk.fill();
  const answer = await t
    .visitor({ at })
    .post('/accounts', customer, { deadlineMs: patienceMs })
    .catch(() => undefined)
    .finally(() => disk.free());
  t.trail.begin();
  if (!answer?.is(500, 503, 507)) return undefined;
  return { at, file, customer, status: answer.status, since: performance.now() };
}

/** The customer was told that there is no account. Whoever signs up with that name later is somebody else. */
export async function mustStayFree(t: Stage, { at, file, customer, status, since }: Refused): Promise<void> {
  await delay(Math.max(0, since + triedAgainMs - performance.now()));
  const other = { ...customer, password: 'the password of somebody else' };
  const again = await t.visitor({ at }).post('/accounts', other, { deadlineMs: patienceMs });
  t.trail.begin(`POST /accounts with the name ${customer.name}, while ACCOUNTS_FILE can’t be written`, `${status}`);
  t.step(
    `POST /accounts with the same name and another password, ${triedAgainMs / 1_000} s after it can be written again`,
  );
  const lines = linesOf(t, customer.name, file).length;
  t.require(again.is(201), {
    expected: '201',
    seen: `${again.status} ${excerpt(again.text)}`,
    ...(again.status === 409 ? (lines > 0 ? storedLater : heldStill) : broken),
  });
  t.require(lines === 1, { expected: 'one line for that name in the file', seen: `${lines}`, ...storedLater });
}

const storedLater = {
  because:
    'The first customer was told that the sign-up had failed, and the app has written that account all the same, later. Nobody knows of it, and nobody else gets the name for themselves.',
  lookAt: 'what does the app keep of a sign-up that it has answered with an error, and what does it do with it?',
};
const heldStill = {
  because: 'The name is still held by a sign-up that failed. Nobody has it, and nobody can get it.',
  lookAt: 'what gives the name back when the sign-up fails?',
};
const broken = {
  because: 'Failed writes broke the sign-ups that come after them.',
  lookAt: 'what puts the state right when a sign-up fails?',
};
