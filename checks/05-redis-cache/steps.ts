import { Agent, get } from 'node:http';
import type { Stage } from '../harness/behaviour.ts';
import type { SupplierHandle } from '../harness/services/supplier/handle.ts';
import type { Teaching } from '../harness/verdict.ts';
import { type Answer, excerpt, type RequestOptions, type Visitor } from '../harness/visitor.ts';

/** What an app may answer when the supplier does not answer it. */
export const unavailable = [502, 503, 504];

/** GET that must be answered with 200 and the event of the path, or the statistics. */
export async function read(
  t: Stage,
  visitor: Visitor,
  path: string,
  options: RequestOptions = {},
  teaching: Partial<Teaching> = {},
): Promise<Answer> {
  const answer = (await visitor.get(path, options)).mustBe(200, teaching);
  const id = path.split('/')[2];
  t.require(id ? answer.json?.id === id : answer.json?.events === 400, {
    expected: id ? `event ${id}` : 'the statistics of 400 events',
    seen: excerpt(answer.text),
    because: 'The answer is not what the supplier said.',
    lookAt: 'what is stored, and what is made of it when it is answered again?',
    ...teaching,
  });
  return answer;
}

export function inCalls(calls: number): string {
  return `${calls} call${calls === 1 ? '' : 's'} to the supplier`;
}

/** The calls that the supplier counts while something is done. */
export async function callsDuring(supplier: SupplierHandle, act: () => Promise<unknown>): Promise<number> {
  await supplier.reset();
  await act();
  return supplier.total();
}

export interface Shout {
  status: number;
  text: string;
}

/** So many GETs at the same time, spread over the addresses, each with a connection of its own. Status 0: it broke. */
export function crowd(urls: string[], path: string, count: number): Promise<Shout[]> {
  const agent = new Agent({ keepAlive: false, maxSockets: count });
  return Promise.all(
    Array.from({ length: count }, (_, index) => shout(`${urls[index % urls.length]}${path}`, agent)),
  ).finally(() => agent.destroy());
}

function shout(url: string, agent: Agent): Promise<Shout> {
  return new Promise((resolve) => {
    const broken = () => resolve({ status: 0, text: 'no answer' });
    const request = get(url, { agent, timeout: 15_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text })).on('error', broken);
    });
    request.on('error', broken).on('timeout', () => request.destroy());
  });
}

/** PUT that must be answered with 200. */
export async function change(t: Stage, id: string, body: Record<string, unknown>, on: number): Promise<void> {
  t.step(`PUT /events/${id} ${JSON.stringify(body)} on instance ${on}`);
  const trailLength = t.trail.length;
  (await t.visitor().put(`/events/${id}`, body, { on })).mustBe(200);
  t.trail.splice(trailLength);
}
