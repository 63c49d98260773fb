import { describe, expect, it } from 'vitest';
import { legible } from '../harness/model/verdict.ts';
import { visible } from '../harness/model/visible.ts';
import { excerpt } from '../harness/net/answer.ts';

const teaching = { because: '', lookAt: '' };

describe('values that look alike', () => {
  it.each([
    ['a no-break space', '12\u00a0€', '12[U+00A0]€'],
    ['a narrow no-break space', '1\u202f234', '1[U+202F]234'],
    ['no width at all', 'oslo\u200b', 'oslo[U+200B]'],
    ['a byte order mark', '\ufeff{"id":1}', '[U+FEFF]{"id":1}'],
    ['a soft hyphen', 'Kon\u00adzert', 'Kon[U+00AD]zert'],
    ['the other direction', 'a\u202eb', 'a[U+202E]b'],
    ['a name that is not composed', 'Zu\u0308rich', 'Zu[U+0308]rich'],
    ['a bell', 'ding\u0007', 'ding[U+0007]'],
  ])('are told apart: %s', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it.each(['Zürich', '12 € – “ok”… it’s fine', '日本 😀 👩‍👩‍👧 नमस्ते', 'a\nb\tc'])('are left alone: %j', (text) => {
    expect(visible(text).replaceAll('[U+200D]', '\u200d')).toBe(text);
  });

  it('are so in what a failure expects, has seen and has done', () => {
    const trail = [{ what: 'GET /?city=oslo\u200b', answer: '200' }];
    const failure = { kind: 'behaviour', trail, expected: '12 €', seen: '12\u00a0€', ...teaching } as const;
    expect(legible(failure)).toMatchObject({
      expected: '12 €',
      seen: '12[U+00A0]€',
      trail: [{ what: 'GET /?city=oslo[U+200B]', answer: '200' }],
    });
  });

  it('survive in the excerpt of a body', () => {
    expect(visible(excerpt('{ "price":\n "12\u00a0€" }'))).toBe('{ "price": "12[U+00A0]€" }');
  });
});

describe('the excerpt of a page', () => {
  it('is its text', () => {
    const page = `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>
<pre>TypeError: a &lt; b is &#39;no&#39;<br> &nbsp; &nbsp;at src/app.ts:3:1</pre>\n</body>\n</html>`;
    expect(excerpt(page)).toBe("TypeError: a < b is 'no' at src/app.ts:3:1");
  });
});
