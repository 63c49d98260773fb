import { readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition } from '../harness/sdk/index.ts';

export const gzipped = { headers: { 'accept-encoding': 'gzip' } };
const plain = { headers: { 'accept-encoding': 'identity' } };
/** By the contract a change shows within a second; the check gives it two. */
const changeDeadlineMs = 2_000;
const longAgo = new Date('2020-01-01');

/** What holds of `GET /terms`. */
export function termsBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'terms',
    'the terms come gzipped to clients that accept gzip, and plain to others',
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
        t.trail.begin(`GET /terms with Accept-Encoding: ${accepts}`);
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
    { further: true },
  );

  behaviour(
    'terms-changed',
    'a changed file shows in the terms within a second',
    {
      because: 'The app still serves the old text. Legal changed the file, and customers accept something else.',
      lookAt: 'when does the app read the file again, and how does it notice a change?',
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
        [
          'replaced by one that was written long ago, as a copy that keeps its time does',
          () => {
            const text = write(`${file}.old`, edit('Encore Ltd'));
            utimesSync(`${file}.old`, longAgo, longAgo);
            renameSync(`${file}.old`, file);
            return text;
          },
        ],
        [
          'replaced by one of the same time and length, as the files of one build have',
          () => {
            const text = write(`${file}.twin`, edit('ENCORE Ltd'));
            utimesSync(`${file}.twin`, longAgo, longAgo);
            renameSync(`${file}.twin`, file);
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
              t.trail.begin(`the file is ${way}`);
              return answer.text === text;
            },
            { deadlineMs: changeDeadlineMs },
          );
        }
        await delay(20); // File systems count time in steps of some milliseconds.
      }
    },
    { further: true },
  );
}

export function write(file: string, text: string): string {
  writeFileSync(file, text);
  return text;
}
