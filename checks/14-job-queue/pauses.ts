import type { Stage, Teaching } from '../harness/sdk/index.ts';

/** A timer may be a little early, and what looks for due jobs a little late. */
const shareOfPause = 0.9;
const latenessMs = 500;

/** Each pause at least so long, and twice that the next time: a server needs it which can't keep up. */
export function mustPause(t: Stage, attempts: number[], backoffMs: number): void {
  for (const [n, pause] of pausesOf(attempts).entries()) mustBeLong(t, pause, n, backoffMs);
}

export function mustBeLong(t: Stage, pauseMs: number, n: number, backoffMs: number, teaching?: Teaching): void {
  const leastMs = leastOf(backoffMs, n);
  t.require(pauseMs >= shareOfPause * leastMs, {
    expected: `a pause of at least ${leastMs} ms before attempt ${n + 2}`,
    seen: `${Math.round(pauseMs)} ms`,
    because:
      'The SMTP server has said that it can’t just now. The e-mails that it refused come back too soon, and keep it busy.',
    lookAt: 'how long does a job wait before its next attempt, from when on, and how long before the one after that?',
    ...teaching,
  });
}

const leastOf = (backoffMs: number, n: number) => backoffMs * 2 ** n;
export const longestOf = (backoffMs: number, n: number) => 2 * leastOf(backoffMs, n) + latenessMs;
export const pausesOf = (attempts: number[]) => attempts.slice(1).map((at, n) => at - (attempts[n] as number));
