import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { ask, jsonType, type Question, seen } from './ask.ts';

const mayHoldMb = 6;

/** Sends a body up to its last byte, looks at what the app holds, and sends the rest. */
export async function heldWhile(t: Stage, app: Instance, path: string, question: Question): Promise<void> {
  t.trail.begin();
  const held = async () => {
    const { heapUsed, external } = await app.probe.readAfterGc();
    return (heapUsed + external) / 1_000_000;
  };
  const before = await held();
  const { promise: sent, resolve: onSent } = Promise.withResolvers<void>();
  const { promise: lastByte, resolve: finish } = Promise.withResolvers<void>();
  const asked = ask(t, app, 'POST', path, {
    ...question,
    headers: { ...jsonType, ...question.headers },
    lastByte,
    onSent,
  });
  // An app may also break off before all has come. If it only answers, what still comes must not be kept either.
  await Promise.race([sent, asked]);
  await settled(app);
  const most = (await held()) - before;
  finish();
  const reply = await asked;
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
