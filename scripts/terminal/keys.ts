/** Keys that come closer together than this were not pressed by a hand: pasted text, or a terminal that lagged. */
const burstMs = 30;
/** Asks the terminal to mark pasted text, for what comes in pieces over a slow line. */
const markPastes = '\u001b[?2004h';
const markNoPastes = '\u001b[?2004l';

export interface KeyListener {
  /** A single key: a letter in lower case, "return", "backspace", "escape", "quit" or "suspend". */
  key(key: string): void;
  /** Several at once, such as pasted text. */
  burst(keys: string[]): void;
}

/**
 * Hands over keys without Enter until the returned function is called. The terminal gets its usual mode back however this
 * process ends. Several keys in one burst are no keys: "every", pasted, is not e, v, e, r and y.
 */
export function readKeys(listener: KeyListener): () => void {
  const { stdin, stdout } = process;
  const marks = process.env.TERM !== 'dumb';
  const usualMode = () => {
    if (stdin.isTTY) stdin.setRawMode(false);
    if (marks) stdout.write(markNoPastes);
  };
  const gone = () => listener.key('quit');
  let typed = '';
  let timer: NodeJS.Timeout | undefined;
  const settle = () => {
    const isPaste = typed.includes('\u001b[200~');
    if (isPaste && !typed.includes('\u001b[201~')) return; // The rest is on its way.
    const keys = keysOf(typed);
    typed = '';
    if (keys.length === 1 && !isPaste) listener.key(keys[0] ?? '');
    else if (keys.length > 0) listener.burst(keys);
  };
  const hear = (chunk: string) => {
    if (chunk.includes('\u0003')) return listener.key('quit'); // Ctrl-C counts whatever it comes with.
    typed += chunk;
    clearTimeout(timer);
    timer = setTimeout(settle, burstMs);
  };
  stdin.setEncoding('utf8');
  stdin.setRawMode(true);
  if (marks) stdout.write(markPastes);
  process.on('exit', usualMode);
  stdin.on('data', hear);
  stdin.once('end', gone); // The terminal is gone.
  stdin.resume();
  return () => {
    clearTimeout(timer);
    stdin.off('data', hear);
    stdin.off('end', gone);
    process.off('exit', usualMode);
    usualMode();
    stdin.pause();
  };
}

const named: Record<string, string> = {
  '\r': 'return',
  '\n': 'return',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u001b': 'escape',
  '\u0004': 'quit',
  '\u001a': 'suspend',
};

/** What a terminal sent, key by key. An arrow is one key that nothing is done with. */
export function keysOf(typed: string): string[] {
  // An escape sequence, as of an arrow or around pasted text, or else one character.
  const parts = typed.match(/\p{Cc}[[O][\d;?]*[ -/]*[@-~]|./gsu) ?? [];
  return parts.filter((part) => !/^\p{Cc}\[20[01]~$/u.test(part)).map(keyOf);
}

function keyOf(part: string): string {
  return named[part] ?? (part.length === 1 && part > ' ' ? part.toLowerCase() : '');
}
