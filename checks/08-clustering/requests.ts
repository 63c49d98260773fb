import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { BehaviourFailure, excerpt, type Instance, type Stage, type Teaching } from '../harness/sdk/index.ts';

/** Longer than a right app takes on a busy machine. */
const deadlineMs = 15_000;

export interface Reply {
  status: number;
  text: string;
}

/** A request without ceremony: hundreds of them are sent. Without an agent each has a connection of its own. */
export function ask(
  app: Instance,
  method: 'GET' | 'POST',
  path: string,
  { agent, withinMs = deadlineMs }: { agent?: Agent | undefined; withinMs?: number } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(withinMs);
    const call = request(new URL(path, app.url), { method, agent: agent ?? false, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    call.on('error', (error) => reject(signal.aborted ? new Error(`no answer within ${withinMs / 1_000} s`) : error));
    call.end();
  });
}

interface MustAnswerOptions extends Partial<Teaching> {
  agent?: Agent;
  /** Where nobody may listen for a moment: a refused connection is tried again. */
  retries?: boolean;
}

/** The same, and the behaviour fails unless the answer is 200. */
export async function mustAnswer(
  t: Stage,
  app: Instance,
  method: 'GET' | 'POST',
  path: string,
  { agent, retries = false, ...teaching }: MustAnswerOptions = {},
): Promise<Reply> {
  const step = `${method} ${path}`;
  let reply: Reply;
  try {
    reply = await (retries ? askUntilAnswered(app, method, path) : ask(app, method, path, { agent }));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return lost(t, step, `the connection broke: ${code ?? message}`, teaching);
  }
  t.require(reply.status === 200, {
    step,
    expected: '200',
    seen: `${reply.status} ${excerpt(reply.text)}`,
    ...teaching,
  });
  return reply;
}

async function askUntilAnswered(app: Instance, method: 'GET' | 'POST', path: string): Promise<Reply> {
  for (const startedAt = performance.now(); ; await delay(50)) {
    try {
      return await ask(app, method, path, { withinMs: 2_000 });
    } catch (error) {
      if (performance.now() - startedAt > deadlineMs) throw error;
    }
  }
}

function lost(t: Stage, step: string, seen: string, teaching: Partial<Teaching>): never {
  t.require(false, { step, expected: '200', seen, ...teaching });
  throw new BehaviourFailure({ kind: 'behaviour', trail: [], expected: '200', seen, because: '', lookAt: '' });
}

/** A connection that is kept, so that its requests go to the one worker that has accepted it. */
export function keptConnection(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
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
