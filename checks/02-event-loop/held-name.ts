import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { mustCostEnough } from './cost.ts';
import { fullDisk } from './full-disk.ts';
import { mustStayFree, refusedOne } from './refused-name.ts';
import { SlowFile, standsStill } from './slow-file.ts';
import { accountOf, newcomer, patienceMs } from './steps.ts';

/** By then, whatever gives a name back after a while has done so. */
const hangsForMs = 6_000;
/** Longer than the disk hangs, and the hashes of the others take. */
const deadlineMs = hangsForMs + 2 * patienceMs;

/** Mostly waits, so it runs beside the others. */
export function heldNameBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'name-held',
    'a name stays taken for as long as its sign-up is under way, and no longer',
    {
      because:
        'The first sign-up had not ended: the disk did not respond. Its name was given back all the same, after some time, and a second customer got it. The file has two accounts with one name, and one of the two customers is locked out.',
      lookAt: 'what gives back a name whose account is still being written?',
    },
    async (t) => {
      const refused = await refusedOne(t);
      const file = join(mkdtempSync(join(dirname(t.file('ACCOUNTS_FILE')), 'held-')), 'accounts.jsonl');
      const extra = await t.startExtra({ env: { ACCOUNTS_FILE: file, NODE_ENV: 'development' } });
      await t.visitor({ at: extra }).get('/health', { deadlineMs: patienceMs });
      const slow = fullDisk(extra, file)?.opensEachTime ? SlowFile.make(file) : undefined;
      try {
        if (slow) await mustStayTaken(t, extra, { file, slow });
      } finally {
        await slow?.close().catch(() => {}); // It has been replaced by a file.
      }
      if (refused) await mustStayFree(t, refused);
      if (!slow) t.skip('no write of this app can be held up here, because it keeps its file open');
    },
    { background: true, limitMs: 120_000 },
  );
}

async function mustStayTaken(t: Stage, at: Instance, { file, slow }: { file: string; slow: SlowFile }): Promise<void> {
  const customer = newcomer();
  const { name } = customer;
  let open = 0;
  const signUp = (password: string) => {
    open++;
    const asked = t
      .visitor({ at })
      .post('/accounts', { name, password }, { deadlineMs })
      .finally(() => open--);
    asked.catch(() => {}); // Awaited below.
    return asked;
  };
  const first = signUp(customer.password);
  await standsStill(at, () => open === 0);
  if (open === 0) return; // It writes to another file first, or opens this one to read, too.
  await delay(hangsForMs);
  const second = signUp('the password of a second customer');
  await standsStill(at, () => open < 2);
  slow.letGo();
  await standsStill(at, () => open === 0);
  if (open > 0) {
    rmSync(file, { force: true }); // What it opens next is a file.
    await slow.close();
  }
  const statuses = [(await first).status, (await second).status];
  t.trail.begin(`POST /accounts with the name ${name}: the disk does not respond for ${hangsForMs / 1_000} s`);
  t.step('POST /accounts with the same name meanwhile, and another password');
  t.step('the disk responds again');
  // A pipe has no disk to be flushed to, so an app that can't write to it is not judged.
  t.require(statuses.filter((status) => status === 201).length < 2, {
    expected: 'one 201 and one 409',
    seen: statuses.join(' and '),
  });
  const [line] = slow.text().split('\n').flatMap(accountOf(t, name));
  if (line) mustCostEnough(t, line, 'development');
}
