import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ProcessRow } from './processes.ts';

/** TCP ports on which a process of the tree listens. Linux only, elsewhere undefined. */
export function listeningPorts(tree: ProcessRow[]): number[] | undefined {
  if (process.platform !== 'linux') return undefined;
  const sockets = new Set(tree.flatMap((row) => socketInodes(row.pid)));
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readLines(file).slice(1));
  const listening = rows.map((row) => row.trim().split(/\s+/)).filter((f) => f[3] === '0A' && sockets.has(f[9] ?? ''));
  return [...new Set(listening.map((f) => Number.parseInt(f[1]?.split(':')[1] ?? '0', 16)))];
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}
