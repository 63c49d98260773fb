import { readdirSync, readFileSync } from 'node:fs';

/** What processes hold at this moment. */
export interface Footprint {
  /** Files, sockets and pipes of the one that has the most. */
  openFiles: number;
  /** Resident memory of all of them. */
  memoryMb: number;
}

/** Linux only, elsewhere undefined. Those that have ended hold nothing. */
export function footprintOf(processes: { pid: number }[]): Footprint | undefined {
  if (process.platform !== 'linux') return undefined;
  const each = processes.map(({ pid }) => ({ openFiles: openFilesOf(pid), memoryMb: memoryMbOf(pid) }));
  return {
    openFiles: Math.max(0, ...each.map(({ openFiles }) => openFiles)),
    memoryMb: each.reduce((sum, { memoryMb }) => sum + memoryMb, 0),
  };
}

function openFilesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

function memoryMbOf(pid: number): number {
  try {
    const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kb ?? 0) / 1_000;
  } catch {
    return 0;
  }
}
