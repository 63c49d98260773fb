import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, inWords } from './ask.ts';
import { beginDownload, lengthOfPlan } from './download.ts';

const clients = 6;
const reloads = 3;

export function reloadBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'reload',
    'a reload of nginx loses no request',
    {
      because: 'Old workers of nginx may finish what they have begun. These did not.',
      lookAt: 'what does nginx.conf say about old workers, and for how long may a download take?',
    },
    async (t) => {
      const nginx = await t.startService('nginx');
      const whole = await lengthOfPlan(t);
      const slow = await beginDownload(t, nginx.url);
      let over = false;
      let answered = 0;
      const bad: string[] = [];
      const paths = ['/events/oslo', '/whoami', '/', '/assets/shop.41d7aa.css', '/events'];
      const loops = Array.from({ length: clients }, async (_, client) => {
        for (let n = client; !over; n++) {
          const path = paths[n % paths.length] ?? '/';
          const got = await ask(nginx.url, path);
          if (got.status === 200) answered++;
          else bad.push(`GET ${path}: ${inWords(got)}`);
          await delay(10);
        }
      });
      for (let n = 0; n < reloads; n++) {
        await delay(300);
        await nginx.reload();
      }
      // Longer than whoever is in a hurry gives an old worker.
      await delay(5_000);
      over = true;
      await Promise.all(loops);
      const download = await slow.read();
      t.step(`${reloads} reloads (SIGHUP) while ${clients} clients ask and one downloads slowly: ${answered} answers`);
      t.require(download.body.length === whole, {
        step: 'GET /events/berlin/seats.csv, begun before them and read 6 s later',
        expected: `${whole} bytes`,
        seen: download.broke ?? `${download.body.length} bytes`,
      });
      t.require(bad.length === 0, { expected: 'no request to fail', seen: `${bad.length} did; ${bad[0]}` });
    },
    { background: true, limitMs: 60_000 },
  );
}
