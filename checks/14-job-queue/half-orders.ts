import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, RedisHandle, Stage, Visitor } from '../harness/sdk/index.ts';
import { mustHaveOneEach, newOrder, place } from './desk.ts';
import { startInTurn } from './patience.ts';

/** No order needs more replies of Redis than that. */
const mostReplies = 6;

export function halfOrderBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'instance-dies',
    'an instance that dies in the middle of an order leaves nothing that stops the client’s next try',
    {
      because:
        'The instance that died had written the key and not yet the work. The next request with that key is told that all is well, or that it must wait, and nobody sends the e-mail.',
      lookAt: 'what does a request do that finds its key, before it answers: is it sure that the rest was done, too?',
    },
    async (t) => {
      const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
      const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url };
      const [app] = await Promise.all([startInTurn(t, env), startInTurn(t, env, { worker: true })]);
      const desk = { env, redis, visitor: t.visitor({ at: app }) };
      const ids: string[] = [];
      for (let replies = 0; replies <= mostReplies; replies++) {
        const { id, wasWhole } = await dieAfter(t, replies, desk);
        ids.push(id);
        if (wasWhole) break;
      }
      t.trail.begin('SIGKILL to an instance in the middle of an order; the client asks another one, with the same key');
      await mustHaveOneEach(t, desk.visitor, smtp, ids);
    },
    { further: true, background: true, limitMs: 60_000 },
  );
}

interface Desk {
  env: Record<string, string>;
  redis: RedisHandle;
  /** Asks the instance that lives. */
  visitor: Visitor;
}

async function dieAfter(
  t: Stage,
  replies: number,
  { env, redis, visitor }: Desk,
): Promise<{ id: string; wasWhole: boolean }> {
  t.trail.begin();
  const door = await redis.openDoor();
  const dying = await startInTurn(t, { ...env, REDIS_URL: door.url });
  // It is connected, and has no script to load, once it has taken an order.
  await place(t, t.visitor({ at: dying }), newOrder(), { key: `warm-${replies}-${Math.random()}` });
  const order = newOrder();
  const key = `dies-${replies}-${Math.random()}`;
  t.trail.begin(`Redis answers ${replies} times; then SIGKILL to the instance`);
  door.holdReplies();
  let wasWhole = false;
  // Not by a visitor, to whom a connection that breaks is a fault of the app.
  const asked = fetch(`${dying.url}/orders`, {
    method: 'POST',
    body: JSON.stringify(order),
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
  }).then(
    () => {
      wasWhole = true;
    },
    () => {}, // It is killed before it answers.
  );
  const next = async () => {
    for (const until = performance.now() + 1_000; !wasWhole && door.heldBytes === 0 && performance.now() < until; )
      await delay(5);
  };
  await next();
  for (let n = 0; n < replies && !wasWhole; n++) {
    door.passReply();
    await next();
  }
  await dying.kill();
  await asked;
  t.trail.begin(`an instance was killed after ${replies} replies of Redis; the same order with its key`);
  const id = await place(t, visitor, order, { key });
  return { id, wasWhole };
}
