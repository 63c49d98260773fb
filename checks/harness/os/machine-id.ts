import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names this machine, or this container. Two containers may share a host's name and a folder, and not see each other's
 * processes: in each a living process of the other would look dead.
 */
export function machineId(): string {
  const parts = [hostname(), readOr('/etc/machine-id'), linkOr('/proc/self/ns/pid')];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

let boot: string | undefined;

/** Changes with each start of the machine; empty where the system does not tell. */
export function bootId(): string {
  boot ??= (process.platform === 'darwin' ? bootSession() : readOr('/proc/sys/kernel/random/boot_id')).trim();
  return boot;
}

function bootSession(): string {
  try {
    return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return '';
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function linkOr(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
