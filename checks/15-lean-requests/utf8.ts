import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, jsonType, mustBe } from './ask.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
/** What is no UTF-8: another encoding, what is cut off, too long, half a pair, above the last character, a stray byte. */
const noUtf8 = [
  'Zo\xeb',
  'A\xf0\x9f',
  '\xc0\xaf',
  '\xe0\x80\xaf',
  '\xed\xa0\x80',
  '\xf4\x90\x80\x80',
  '\x80',
  '\xff\xfe',
];
const utf8 = ['Zoë', 'Łódź', '🎸', '日本', '\ufffd', "a'b"];

export function utf8Behaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'utf8',
    'a body that is no UTF-8 is 400, and one that is stays as it was',
    {
      because:
        'The parser has put U+FFFD in the place of bytes that it cannot read. The name is kept, and it is not the one that was sent.',
      lookAt: 'who turns the bytes into text, and can it be told to refuse what it cannot read?',
    },
    async (t) => {
      const app = t.app();
      for (const name of noUtf8)
        for (const [path, body] of [
          ['/visitors', `{"name":"${name}"}`],
          ['/visitors', `{"name":"Ada","${name}":1}`],
          ['/orders', `{"show":"${name}","seats":1}`],
        ] as const) {
          t.trail.begin();
          const bytes = latin1(body);
          const what = `with the bytes ${Buffer.from(name, 'latin1').toString('hex')}, which are no UTF-8`;
          mustBe(t, await ask(t, app, 'POST', path, { body: bytes, headers: jsonType, what }), 400);
        }
      for (const name of utf8) {
        t.trail.begin();
        const reply = await ask(t, app, 'POST', '/visitors', { body: { name } });
        mustBe(t, reply, 201);
        t.require(reply.json?.name === name, { expected: name, seen: String(reply.json?.name) });
      }
    },
    { further: true },
  );
}
