import { linkSync, readFileSync, renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mainThread, mainThreadSince } from './main-thread.ts';
import { answersHealth, SlowFile } from './slow-file.ts';
import { costMs } from './steps.ts';
import { gzipped, write } from './terms.ts';

const mostRounds = 3;

/** What `GET /terms` costs others. */
export function termsLoopBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'terms-loop',
    'reading and compressing the terms leaves the event loop free',
    {
      because:
        'The file is read and compressed on the event loop, for every request anew. It takes a millisecond or two, but when a thousand customers open the page, all other requests wait for all of them.',
      lookAt: 'which calls of GET /terms end in Sync?',
    },
    async (t) => {
      const file = t.file('TERMS_FILE');
      // Eight times as long, so that the work stands out from what any request costs, and a stream from the work.
      const text = Buffer.from(write(file, reworded(readFileSync(file, 'utf8'), 8)));
      await loopMs(t, 32); // Warm-up: a stream takes some seventy steps for each answer, and they are compiled by then.
      const gzipMs = costMs(3, () => gzipSync(text));
      const limitMs = Math.round(gzipMs * 4.5) / 10;
      let termsMs = await loopMs(t, 12);
      // A young app on a busy machine also compiles and collects garbage meanwhile. Compressing costs the same each time.
      for (let n = 1; n < mostRounds && termsMs > limitMs; n++) termsMs = Math.min(termsMs, await loopMs(t, 12));
      const inKb = Math.round(text.length / 1000).toLocaleString('en-GB');
      t.trail.begin(`12 × GET /terms, ${inKb} KB, gzipped; one gzipSync of it costs ${gzipMs.toFixed(1)} ms here`);
      // On the event loop it costs as much as here and a little more. Elsewhere, less than a tenth, or a sixth with streams.
      t.atMost('time on the event loop for one GET /terms', termsMs, limitMs, 'ms');
      await mustReadAside(t, file);
    },
    { limitMs: 30_000, further: true },
  );
}

/** The work is done elsewhere by now. So must the waiting be. */
async function mustReadAside(t: Stage, file: string): Promise<void> {
  const leave = new AbortController();
  linkSync(file, `${file}.kept`);
  const slow = SlowFile.make(file);
  let asked: Promise<unknown> | undefined;
  try {
    if (!slow) return;
    asked = t
      .visitor()
      .get('/terms', { ...gzipped, deadlineMs: 20_000, signal: leave.signal })
      .catch(() => {});
    await delay(100);
    const answered = await answersHealth(t, t.app(1));
    t.trail.begin('GET /terms while TERMS_FILE is on a disk that does not answer');
    t.require(answered, {
      step: 'GET /health meanwhile',
      expected: 'an answer',
      seen: 'none',
      because:
        'The terms are read on the event loop. When the disk takes its time, so does every other request, whatever it asks for.',
    });
  } finally {
    slow?.letGo();
    renameSync(`${file}.kept`, file); // Nobody ever finds no file.
    await slow?.close();
    leave.abort();
    await asked;
  }
}

/** The same words in another order, so many times as long: to compress it is as much work as any text, unlike a repetition. */
function reworded(text: string, times: number): string {
  const words = text.split(/\s+/);
  let state = 1;
  const pick = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return words[state % words.length] as string;
  };
  let longer = '';
  while (longer.length < times * text.length) longer += `${pick()} `;
  return longer;
}

/** Milliseconds of the app's main thread for one GET /terms. */
async function loopMs(t: Stage, count: number): Promise<number> {
  const app = t.app(1);
  await app.probe.reset();
  const startedAt = performance.now();
  const before = mainThread(app);
  const rest = Array.from({ length: count }).values();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const _ of rest) (await t.visitor().get('/terms', gzipped)).mustBe(200);
    }),
  );
  const used = mainThreadSince(app, before);
  if (used) return used.cpuMs / count;
  // Without the CPU time of the thread: how long the loop was not waiting.
  const { elu } = await app.probe.read();
  return (elu * (performance.now() - startedAt)) / count;
}
