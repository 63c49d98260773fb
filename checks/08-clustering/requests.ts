import type { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BehaviourFailure,
  excerpt,
  type Instance,
  keptConnections,
  type PlainReply,
  plainRequest,
  type Stage,
  type Teaching,
} from '../harness/sdk/index.ts';
import { watchForSlowness } from './patience.ts';

/** How long nobody may listen, and on a machine that others keep busy. */
const retriesForMs = 15_000;
const retriesForMsIfBusy = 45_000;

interface MustAnswerOptions extends Partial<Teaching> {
  agent?: Agent;
  /** Where nobody may listen for a moment: a refused connection is tried again. */
  retries?: boolean;
}

/** A request without ceremony: hundreds of them are sent. The behaviour fails unless the answer is 200. */
export async function mustAnswer(
  t: Stage,
  app: Instance,
  method: 'GET' | 'POST',
  path: string,
  { agent, retries = false, ...teaching }: MustAnswerOptions = {},
): Promise<PlainReply> {
  const step = `${method} ${path}`;
  const url = new URL(path, app.url);
  let reply: PlainReply;
  try {
    reply = await (retries ? askUntilAnswered(app, url, method) : plainRequest(url, { method, agent }));
  } catch (error) {
    return lost(t, step, `the connection broke: ${(error as Error).message}`, teaching);
  }
  t.require(reply.status === 200, {
    step,
    expected: '200',
    seen: `${reply.status} ${excerpt(reply.text)}`,
    ...teaching,
  });
  return reply;
}

async function askUntilAnswered(app: Instance, url: URL, method: 'GET' | 'POST'): Promise<PlainReply> {
  const isSlow = watchForSlowness(app);
  for (const startedAt = performance.now(); ; await delay(50)) {
    try {
      return await plainRequest(url, { method, withinMs: 2_000 });
    } catch (error) {
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs > (elapsedMs > retriesForMs && isSlow() ? retriesForMsIfBusy : retriesForMs)) throw error;
    }
  }
}

function lost(t: Stage, step: string, seen: string, teaching: Partial<Teaching>): never {
  t.require(false, { step, expected: '200', seen, ...teaching });
  throw new BehaviourFailure({ kind: 'behaviour', trail: [], expected: '200', seen, because: '', lookAt: '' });
}

/** A connection that is kept, so that its requests go to the one worker that has accepted it. */
export function keptConnection(): Agent {
  return keptConnections(1);
}

/** Works through a list, so many at a time. The first failure ends it. */
export async function inTurns<Item>(
  atATime: number,
  items: Iterable<Item>,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const rest = [...items].values();
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}
