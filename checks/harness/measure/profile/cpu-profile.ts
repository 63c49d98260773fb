import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadWindow } from './load-window.ts';

/** A `.cpuprofile` as V8 writes it. Times in microseconds. */
export interface CpuProfile {
  nodes: ProfileNode[];
  startTime: number;
  endTime: number;
  /** Node ids, one for each tick of the sampler. */
  samples: number[];
  /** Time since the sample before it. */
  timeDeltas: number[];
}

interface ProfileNode {
  id: number;
  /** Lines and columns count from 0. The url is empty for what is no JavaScript. */
  callFrame: { functionName: string; scriptId: string; url: string; lineNumber: number; columnNumber: number };
  hitCount?: number;
  children?: number[];
}

/** The profile of one thread of the app. */
export interface ThreadProfile {
  pid: number;
  /** 0 is the main thread. */
  thread: number;
  profile: CpuProfile;
}

/** Every profile in a folder that `--cpu-prof` wrote: CPU.20261121.045750.PID.THREAD.001.cpuprofile. */
export function readProfiles(dir: string): ThreadProfile[] {
  return readdirSync(dir)
    .flatMap((name) => {
      const [, pid, thread] = /^CPU\.\d+\.\d+\.(\d+)\.(\d+)\.\d+\.cpuprofile$/.exec(name) ?? [];
      if (pid === undefined) return [];
      const profile = JSON.parse(readFileSync(join(dir, name), 'utf8')) as CpuProfile;
      return [{ pid: Number(pid), thread: Number(thread), profile }];
    })
    .sort((a, b) => a.pid - b.pid || a.thread - b.thread);
}

/**
 * Only the load, without start-up. The profiles have a clock of their own, common to all threads of a machine. It is
 * tied to ours at the exit: there the last profile ends.
 */
export function duringLoad(threads: ThreadProfile[], { loadFrom, loadTo, exitAt }: LoadWindow): ThreadProfile[] {
  const end = Math.max(...threads.map(({ profile }) => profile.endTime));
  const at = (ourMs: number) => end - (exitAt - ourMs) * 1_000;
  return threads.map((thread) => ({ ...thread, profile: cut(thread.profile, at(loadFrom), at(loadTo)) }));
}

/** The part of a profile between two times, as a profile that every viewer reads. */
export function cut(profile: CpuProfile, from: number, to: number): CpuProfile {
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  const hits = new Map<number, number>();
  const startTime = Math.max(profile.startTime, from);
  let at = profile.startTime;
  let previous = startTime;
  for (const [index, node] of profile.samples.entries()) {
    at += profile.timeDeltas[index] ?? 0;
    if (at < from || at > to) continue;
    samples.push(node);
    timeDeltas.push(at - previous);
    previous = at;
    hits.set(node, (hits.get(node) ?? 0) + 1);
  }
  const nodes = profile.nodes.map(({ id, callFrame, children }) => ({
    id,
    callFrame,
    hitCount: hits.get(id) ?? 0,
    ...(children ? { children } : {}),
  }));
  return { nodes, startTime, endTime: Math.max(startTime, Math.min(profile.endTime, to)), samples, timeDeltas };
}
