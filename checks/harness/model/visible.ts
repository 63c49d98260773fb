// Characters that nobody can see, or that look like others, written so that the difference can be seen.

/** Control characters, what has no width, and spaces that are no ordinary space; line ends and tabs are left alone. */
const unseen = /(?![ \t\r\n])[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;
const combining = /\p{M}/gu;

/** "12[U+00A0]€" for a price with a no-break space, "Zu[U+0308]rich" for a name that is not composed. */
export function visible(text: string): string {
  const decomposed = text.normalize('NFC') !== text;
  return (decomposed ? text.replace(combining, named) : text).replace(unseen, named);
}

function named(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `[U+${code}]`;
}
