import { linkSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Stage } from '../harness/behaviour.ts';
import type { CheckDefinition } from '../harness/check.ts';
import { mainThread, mainThreadSince } from './main-thread.ts';
import { answersHealth, SlowFile } from './slow-file.ts';
import { costMs, tellInOneLine } from './steps.ts';

const gzipped = { headers: { 'accept-encoding': 'gzip' } };
const plain = { headers: { 'accept-encoding': 'identity' } };
/** By the contract a change shows within a second; the check gives it two. */
const changeDeadlineMs = 2_000;

/** What holds of `GET /terms`. */
export function termsBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'terms',
    'the terms come gzipped to whoever accepts that, and plain to others',
    {
      because: 'The body is not what the client said it could read.',
      lookAt: 'where does GET /terms look at Accept-Encoding, and which headers does it set?',
    },
    async (t) => {
      const text = readFileSync(t.file('TERMS_FILE'), 'utf8');
      const cases: [string, 'gzip' | undefined][] = [
        ['gzip', 'gzip'],
        ['identity', undefined],
        ['deflate, gzip;q=0.5', 'gzip'],
        ['gzip;q=0', undefined],
        ['gzip', 'gzip'],
      ];
      for (const [accepts, encoding] of cases) {
        const answer = await t.visitor().get('/terms', { headers: { 'accept-encoding': accepts } });
        answer.mustBe(200);
        tellInOneLine(t, `GET /terms with Accept-Encoding: ${accepts}`);
        const seen = answer.headers['content-encoding'];
        t.require(seen === encoding, {
          expected: encoding ? `Content-Encoding: ${encoding}` : 'no Content-Encoding',
          seen: seen ?? 'none',
        });
        t.require(answer.text === text, {
          expected: `the ${text.length} characters of the file`,
          seen: `${answer.text.length} others`,
        });
        t.require(/\baccept-encoding\b/i.test(answer.headers.vary ?? ''), {
          expected: 'Vary: Accept-Encoding',
          seen: answer.headers.vary ?? 'no Vary',
          because: 'Without Vary, a cache on the way hands the gzipped body to a client that can’t read it.',
        });
      }
    },
  );

  behaviour(
    'terms-changed',
    'a changed file shows in the terms within a second',
    {
      because: 'The app still serves the old text. Legal changed the file, and customers accept something else.',
      lookAt: 'when does the app read the file again, and by what does it notice that it must?',
    },
    async (t) => {
      const file = t.file('TERMS_FILE');
      const original = readFileSync(file, 'utf8');
      const edit = (word: string) => original.replace('Encore', word);
      const ways: [string, () => string][] = [
        ['edited in place, its length the same', () => write(file, edit('ENCORE'))],
        [
          'replaced by another one, as editors and deploys do',
          () => {
            const text = write(`${file}.new`, edit('The shop'));
            renameSync(`${file}.new`, file);
            return text;
          },
        ],
        ['edited again', () => write(file, original)],
      ];
      for (const [way, change] of ways) {
        for (const options of [gzipped, plain]) await t.visitor().get('/terms', options); // What is kept is kept now.
        const text = change();
        for (const [options, form] of [
          [gzipped, 'gzipped'],
          [plain, 'plain'],
        ] as const) {
          await t.until(
            `the new text, ${form}`,
            async () => {
              const answer = (await t.visitor().get('/terms', options)).mustBe(200);
              tellInOneLine(t, `the file is ${way}`);
              return answer.text === text;
            },
            { deadlineMs: changeDeadlineMs },
          );
        }
        await delay(20); // File systems count time in steps of some milliseconds.
      }
    },
  );

  behaviour(
    'terms-loop',
    'reading and compressing the terms leaves the event loop free',
    {
      because:
        'The file is read and compressed on the event loop, for every request anew. It is a millisecond or two, but when a thousand customers open the page, everybody else waits for all of them.',
      lookAt: 'which calls of GET /terms end in Sync?',
    },
    async (t) => {
      const file = t.file('TERMS_FILE');
      // Sixteen times as long, so that the work stands out from what any request costs.
      const text = Buffer.from(write(file, readFileSync(file, 'utf8').repeat(16)));
      await loopMs(t, 4); // Warm-up.
      const termsMs = await loopMs(t, 12);
      const gzipMs = costMs(3, () => gzipSync(text));
      const inKb = Math.round(text.length / 1000).toLocaleString('en-GB');
      tellInOneLine(t, `12 × GET /terms, ${inKb} KB, gzipped; one gzipSync of it costs ${gzipMs.toFixed(1)} ms here`);
      // On the event loop it costs as much as here and a little more. Elsewhere, a tenth, or a fifth with streams.
      t.atMost('time on the event loop for one GET /terms', termsMs, Math.round(gzipMs * 4.5) / 10, 'ms');
      await mustReadAside(t, file);
    },
    { limitMs: 30_000 },
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
    tellInOneLine(t, 'GET /terms while TERMS_FILE is on a disk that does not answer');
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

function write(file: string, text: string): string {
  writeFileSync(file, text);
  return text;
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
