/** What this machine refused, and what its owner can do about it. */
export interface Trouble {
  /** A sentence without a full stop: "the disk is full". */
  what: string;
  fix: string;
}

const troubles: Record<string, Trouble> = {
  ENOSPC: {
    what: 'the disk is full',
    fix: 'free 500 MB on the disk of the workshop, and check again (npm run doctor says how much there is)',
  },
  EDQUOT: { what: 'your share of the disk is used up', fix: 'delete files of yours, and check again' },
  EROFS: { what: 'the disk can only be read', fix: 'move the workshop to a disk that can be written, and check again' },
  EMFILE: {
    what: 'this shell lets a process open too few files and connections at a time',
    fix: 'ulimit -n 4096, or a new terminal with a higher hard limit (ulimit -Hn), and check again',
  },
  ENFILE: {
    what: 'the machine has no more open files and connections to give',
    fix: 'close other programs, and check again',
  },
  EAGAIN: { what: 'the machine starts no more processes (ulimit -u)', fix: 'close other programs, and check again' },
  ENOMEM: { what: 'the machine has no memory left', fix: 'close other programs, and check again' },
};

/**
 * The trouble of this machine that an error tells of, if it does. Nobody is to blame for it, and no stack explains it.
 * @param error or the text of one, as another process or thread has printed it.
 */
export function troubleIn(error: unknown): Trouble | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const known = troubles[(at as NodeJS.ErrnoException).code ?? ''];
    if (known) return known;
  }
  const text = error instanceof Error ? error.message : String(error);
  const code = /\b(ENOSPC|EDQUOT|EROFS|EMFILE|ENFILE|ENOMEM)\b/.exec(text)?.[1];
  return code ? troubles[code] : undefined;
}
