import type { Email } from './email.ts';

/** Whether an e-mail has these words, in a header or in its body: encoded, wrapped, or as HTML. */
export function emailSays({ raw }: Email, words: string): boolean {
  const wanted = plain(words);
  return [raw, encodedWordsIn(raw), quotedPrintable(raw), ...base64In(raw)].some((text) =>
    plain(text).includes(wanted),
  );
}

/** Line breaks come and go with the encoding, and so does white space. */
const plain = (text: string) => withoutEntities(text).normalize().replaceAll(/\s+/g, '');

const bytes = (text: string, escaped: RegExp) =>
  Buffer.from(
    text.replaceAll(escaped, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

const quotedPrintable = (text: string) => bytes(text.replaceAll(/=\r?\n/g, ''), /=([0-9A-F]{2})/gi);

const base64In = (text: string) =>
  (text.match(/(?:^[\w+/]+=*\r?\n?)+/gm) ?? []).map((block) => Buffer.from(block, 'base64').toString('utf8'));

/** Headers that are not ASCII, RFC 2047. White space between two such words is none. */
function encodedWordsIn(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?[\w-]+\?([BQ])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(word, 'base64').toString('utf8')
        : quotedPrintable(word.replaceAll('_', ' ')),
    );
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", ldquo: '“', rdquo: '”' };

function withoutEntities(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return named[name] ?? whole;
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal));
  });
}
