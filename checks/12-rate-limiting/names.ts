/** Names that are not this one: upper case, space, wide letters, an accent, and what may separate the parts of a key. */
export function othersThan(name: string): string[] {
  return [name.toUpperCase(), `${name} `, name.replace(/[a-z]/g, wide), `${name}\u0301`, `${name}:x`];
}

/** Names that begin or end like another limit's key of this user, in the ways in which such a key is often put together. */
export function namesLikeKeys(name: string, words: readonly string[]): string[] {
  return words.flatMap((word) => [`${name}:${word}`, `${word}:${name}`]);
}

/** Two names that differ only behind a length that somebody may cut a key to. */
export function longNames(name: string): [string, string] {
  const start = `${name}${'-and-so-on'.repeat(30)}`;
  return [`${start}1`, `${start}2`];
}

/** Two names that look the same. To whoever compares text they are two. */
export function twoForms(name: string): [string, string] {
  return [`${name}\u00e9`, `${name}e\u0301`];
}

/** For a step: a name that nobody would read to its end, or that looks like another one. */
export function shown(name: string): string {
  const plain = name.replace(/\p{M}/gu, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return name.length > 60 ? `${plain.slice(0, 40)}… (${name.length} characters)` : plain;
}

function wide(letter: string): string {
  return String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0);
}
