/** How the SMTP server refuses an e-mail. */
export interface Kind {
  code: number;
  /** From the second attempt on. */
  later: number;
  /** After RCPT TO, and not after the e-mail. */
  atRecipient: boolean;
  /** What it says beside the code, in parts; the code where that comes alone. */
  says(code: number): string[];
  /** The same as it is sent. */
  text(code: number): string;
  /** As in "550 in two lines". */
  how: string;
}

/** Told by the name in the order's address: "refused-451-then-550.x2@example.org", "refused-550-lines-rcpt.x3@example.org". */
export function kindOf(email: string): Kind | undefined {
  const [, code, then = code, words = ''] = /^refused-(\d+)(?:-then-(\d+))?((?:-[a-z]+)*)\./.exec(email) ?? [];
  if (code === undefined) return undefined;
  const atRecipient = words.includes('-rcpt');
  const common = { code: Number(code), later: Number(then), atRecipient };
  // Then the code is all that it has said.
  if (words.includes('-alone'))
    return { ...common, says: (code) => [String(code)], text: () => '', how: ' and no text' };
  if (words.includes('-long')) {
    const says = (code: number) => [...parts(code), theEnd];
    return { ...common, says, text: (code) => long(says(code)), how: ' in many words' };
  }
  if (!words.includes('-lines')) return { ...common, says: (code) => [inOneLine(code)], text: inOneLine, how: '' };
  // Relays that look at recipients say why in a second code, of RFC 3463.
  const why = (code: number) => (atRecipient ? `${String(code)[0]}.7.1 ` : '');
  const text = (code: number) => parts(code).map((part) => why(code) + part);
  return { ...common, says: parts, text: (code) => text(code).join('\n'), how: ' in two lines' };
}

export const inOneLine = (code: number) => parts(code).join(': ');

const theEnd = 'and here ends what the relay says';

/** In lines of hundreds of characters: RFC 5321 allows 512 octets for each. */
const long = (says: string[]) => says.map((part) => `${'the postmaster regrets, '.repeat(16)}${part}`).join('\n');

/** Signs that mean something on a page. */
const signs = `than <o'hara@example.org> & "ada"`;

/** Each has what looks like a code of the other kind: a version that has three parts, as the codes of RFC 3463 have, and a number. */
const parts = (code: number): [string, string] => [
  `sorry, ${code * 7}, says relay ${code < 500 ? '5.9.83' : '4.9.83'}`,
  code < 500 ? `540 seconds from now, come again, not sooner ${signs}` : `450 mailboxes have other names ${signs}`,
];
