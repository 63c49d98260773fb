import type { ClientRequest } from 'node:http';
import type { Stage } from '../harness/sdk/index.ts';
import { ask, inWords, open, type Reply } from './ask.ts';

const path = '/events/berlin/seats.csv';
const mostTries = 4;

/** A download that has begun, of which its client reads nothing yet. */
export interface Download {
  call: ClientRequest;
  /** Goes on with it. */
  read(): Promise<Reply>;
}

/** Node draws for some seconds where other programs keep the machine busy. Nobody judges here how long it takes. */
const withinMs = 60_000;

/** How long the largest answer is, asked past nginx. Both instances have drawn it then. */
export async function lengthOfPlan(t: Stage): Promise<number> {
  await ask(t.app(2).url, path, { withinMs });
  const plan = await ask(t.app(1).url, path, { withinMs });
  t.require(plan.status === 200, {
    step: `GET ${path} past nginx`,
    expected: '200',
    seen: inWords(plan),
    because: 'nginx was not asked. The app itself does not answer this route as the README’s table says.',
    lookAt: 'what has changed in the answers of the app?',
  });
  return plan.body.length;
}

/** Asks for it through nginx. A 504 is asked again: on a busy machine Node may be late by itself. */
export async function beginDownload(t: Stage, base: string, forget = () => {}): Promise<Download> {
  for (let tries = 1; ; tries++) {
    forget();
    const { promise: hold, resolve: read } = Promise.withResolvers<void>();
    const { call, reply } = open(base, path, { hold, withinMs });
    const status = new Promise<number | undefined>((resolve) => {
      call.on('response', ({ statusCode }) => resolve(statusCode));
      reply.then(() => resolve(undefined));
    });
    call.end();
    const isRight = (await status) === 200;
    const readOn = () => {
      read();
      return reply;
    };
    if (isRight) return { call, read: readOn };
    read();
    const refusal = await reply;
    if (refusal.status === 504 && tries < mostTries) continue;
    if (refusal.status === 504) return t.inconclusive('Node was too late to answer four times');
    t.require(false, { step: `GET ${path}`, expected: '200', seen: inWords(refusal) });
  }
}
