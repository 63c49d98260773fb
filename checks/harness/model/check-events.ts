import { BroadcastChannel } from 'node:worker_threads';
import type { Phase } from './phases.ts';

/** What goes on in a check, from its thread to the command that shows it. */
export type Progress =
  /** What is being done right now. */
  | { type: 'doing'; text: string }
  /** What the time goes into from now on: Date.now(). */
  | { type: 'phase'; phase: Phase; at: number }
  /** A line that the app has printed, and which of its processes: "instance 1". */
  | { type: 'output'; from: string; text: string };

const channelName = 'encore-progress';
let sender: BroadcastChannel | undefined;

/** Says what goes on. Costs nothing when nobody listens. */
export function tell(progress: Progress): void {
  if (!sender) {
    sender = new BroadcastChannel(channelName);
    sender.unref();
  }
  sender.postMessage(progress);
}

/** Says what the time goes into from now on. */
export function tellPhase(phase: Phase): void {
  tell({ type: 'phase', phase, at: Date.now() });
}

/** Hears what other threads of this process tell. Returns the end of it. */
export function listen(hear: (progress: Progress) => void): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event) => hear((event as unknown as { data: Progress }).data);
  channel.unref();
  return () => channel.close();
}
