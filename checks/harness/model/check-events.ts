import { BroadcastChannel } from 'node:worker_threads';

/** What is being done right now, from the check's thread to the command that shows it. */
export interface Progress {
  type: 'doing';
  text: string;
}

const channelName = 'encore-progress';
let sender: BroadcastChannel | undefined;

/** Says what is being done. Costs nothing when nobody listens. */
export function tell(progress: Progress): void {
  if (!sender) {
    sender = new BroadcastChannel(channelName);
    sender.unref();
  }
  sender.postMessage(progress);
}

/** Hears what other threads of this process tell. Returns the end of it. */
export function listen(hear: (progress: Progress) => void): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event) => hear((event as unknown as { data: Progress }).data);
  channel.unref();
  return () => channel.close();
}
