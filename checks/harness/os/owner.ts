import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { machineId } from './machine-id.ts';
import { identityOf, isSame, rowsOf } from './processes.ts';

/** The key that says: this database belongs to a workshop, and whose. */
export const markerKey = 'encore-workshop:owner';

/** A process that claimed a database. Pids come again, so its start time belongs to its name. */
export interface Owner {
  /** Readable name of the machine, for messages. */
  host: string;
  /** Tells machines and containers of one name apart. */
  machine: string;
  pid: number;
  startedAt: number;
  /** When the claim was made. */
  since: string;
  /** Tells the claims of one process apart. */
  claim: string;
}

/** The owner that this process is. */
export function thisOwner(): Owner {
  const { pid } = process;
  return {
    host: hostname(),
    machine: machineId(),
    pid,
    startedAt: identityOf(pid)?.startedAt ?? 0,
    since: new Date().toISOString(),
    claim: randomUUID(),
  };
}

/** Reads a marker. Undefined when it is none of ours. */
export function parseOwner(marker: string): Owner | undefined {
  try {
    const owner = JSON.parse(marker) as Partial<Owner>;
    return typeof owner.pid === 'number' && typeof owner.machine === 'string' ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

/** True only where we can know it: the owner ran on this machine, in this container, and is gone. */
export function isDead(owner: Owner): boolean {
  if (owner.machine !== machineId()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'; // EPERM: alive, and another user's.
  }
  const [holder] = rowsOf([owner.pid]);
  return owner.startedAt > 0 && holder !== undefined && (holder.zombie || !isSame(holder, owner));
}
