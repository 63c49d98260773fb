import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { ask, jsonType, type Question, seen } from './ask.ts';

const mayHoldMb = 6;
/** Who takes nothing for so long after the answer does not read on. A right app need not. */
const readsNoMoreMs = 500;
const deadlineMs = 15_000;

/** Sends a body up to its last byte, also after an answer, looks at what the app holds, and sends the rest. */
export async function heldWhile(t: Stage, app: Instance, path: string, question: Question): Promise<void> {
  t.trail.begin();
  const held = async () => {
    const { heapUsed, external } = await app.probe.readAfterGc();
    return (heapUsed + external) / 1_000_000;
  };
  const before = await held();
  const { promise: sent, resolve: onSent } = Promise.withResolvers<void>();
  const { promise: answered, resolve: onAnswer } = Promise.withResolvers<void>();
  const { promise: lastByte, resolve: finish } = Promise.withResolvers<void>();
  let takenAt = 0;
  const onTaken = () => {
    takenAt = performance.now();
  };
  // A connection that is to be kept: Node closes any other with the answer, and nothing could be sent after it.
  const agent = new Agent({ keepAlive: true });
  const asked = ask(t, app, 'POST', path, {
    ...question,
    headers: { ...jsonType, ...question.headers },
    lastByte,
    onSent,
    onAnswer,
    onTaken,
    agent,
    deadlineMs,
  });
  const readsNoMore = answered.then(async () => {
    for (onTaken(); performance.now() - takenAt < readsNoMoreMs; ) await delay(50);
  });
  // An app may break off before all has come, or read no more of it. If it only answers, what still comes must not be kept either.
  await Promise.race([sent, asked, readsNoMore]);
  await settled(app);
  const most = (await held()) - before;
  finish();
  const reply = await asked;
  agent.destroy();
  t.trail.begin(`POST ${path} ${question.what}`);
  t.atMost('what the app holds of it', Math.max(0, most), mayHoldMb, 'MB');
  if (reply.broke && reply.broke !== 'late') return; // It did not want to hear the rest, which is right, too.
  const isOtherType = question.headers?.['content-type'] !== undefined; // What it is told, another behaviour judges.
  t.require(isOtherType || [413, 415].includes(reply.status), {
    expected: '413',
    seen: seen(reply),
    because: 'The app keeps none of this body, and does not say that it is too large.',
    lookAt: 'what does the app answer when the limit is reached?',
  });
}

/** The app has worked off what it got: it uses no CPU any more. Not for ever, as it may have other things to do. */
async function settled(app: Instance): Promise<void> {
  let before = await app.probe.cpuMs();
  for (let looks = 0; looks < 60; looks++) {
    await delay(50);
    const now = await app.probe.cpuMs();
    if (now - before < 5) return;
    before = now;
  }
}
