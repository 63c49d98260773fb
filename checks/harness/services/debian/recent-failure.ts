import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// In a room without internet every check would wait for the download to fail again.
const forgottenAfterMs = 15 * 60_000;

/** Why the download of a server failed a short while ago, if it did: then it is not tried again for now. */
export function recentFailure(cacheDir: string, of: string): { why: string; fix: string } | undefined {
  const file = fileIn(cacheDir, of);
  try {
    const agoMs = Date.now() - statSync(file).mtimeMs;
    if (agoMs > forgottenAfterMs) return undefined;
    const minutes = Math.max(1, Math.round(agoMs / 60_000));
    return {
      why: `the download failed ${minutes} min ago: ${readFileSync(file, 'utf8').trim()}`,
      fix: `once the network is back, delete .workshop/${fileName(of)}, or wait 15 minutes`,
    };
  } catch {
    return undefined;
  }
}

/** Notes that the download failed. */
export function rememberFailure(cacheDir: string, of: string, why: string): void {
  try {
    mkdirSync(cacheDir, { recursive: true });
    writeFileSync(fileIn(cacheDir, of), `${why}\n`);
  } catch {} // Only a convenience: a full disk has been reported by whoever needed it.
}

/** It works again. */
export function forgetFailure(cacheDir: string, of: string): void {
  rmSync(fileIn(cacheDir, of), { force: true });
}

const fileName = (of: string) => `${of}-download-failed`;

function fileIn(cacheDir: string, of: string): string {
  return join(cacheDir, fileName(of));
}
