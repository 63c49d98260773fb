import { excerpt, type Instance, type Stage } from '../harness/sdk/index.ts';
import { seen, send, shown } from './client.ts';

export const kept = 20;

interface ShownError {
  method?: unknown;
  path?: unknown;
  status?: unknown;
  message?: unknown;
}

const cutAddress = {
  because: 'The address in the list is not the whole one. Whoever is on call can’t tell which request it was.',
  lookAt: 'what becomes of a long address on its way to the list?',
};

/** Exactly these, the newest first: method, address and status. */
export async function mustShow(t: Stage, app: Instance, expected: string[], teaching = {}): Promise<void> {
  const list = await errorsOf(t, app);
  const got = list.map(named);
  const wrong = expected.findIndex((one, n) => got[n] !== one);
  const isCut = wrong !== -1 && without(got[wrong]) === without(expected[wrong]);
  t.require(wrong === -1 && got.length === expected.length, {
    step: 'GET /errors',
    expected: `the last ${expected.length}, the newest first${wrong === -1 ? '' : `; number ${wrong + 1} is ${without(expected[wrong])}${isCut ? `, with an address of ${lengthIn(expected[wrong])} characters` : ''}`}`,
    seen: `${got.length} errors${wrong === -1 ? '' : `; number ${wrong + 1} is ${without(got[wrong])}${isCut ? `, with one of ${lengthIn(got[wrong])}` : ''}`}`,
    ...teaching,
    ...(isCut ? cutAddress : {}),
  });
  const silent = list.findIndex(({ message }) => typeof message !== 'string' || message === '');
  t.require(silent === -1, {
    step: 'GET /errors',
    expected: 'each with a message, which is a text',
    seen: `number ${silent + 1}, ${without(got[silent])}, has ${excerpt(JSON.stringify(list[silent]?.message) ?? 'none')}`,
  });
}

export const named = ({ method, path, status }: ShownError) => `${method} ${path} ${status}`;

const lengthIn = (error = '') => error.split(' ').slice(1, -1).join(' ').length;

/** An error without the padding of its address, but with its number. */
export const without = (error = 'missing') => error.replace(/-x+/, '');

export async function errorsOf(t: Stage, app: Instance): Promise<ShownError[]> {
  const reply = await send(t, app, { method: 'GET', path: '/errors' });
  let list: unknown;
  try {
    list = JSON.parse(reply.text);
  } catch {}
  t.require(reply.status === 200 && Array.isArray(list), {
    step: `GET ${shown('/errors')}`,
    expected: '200 with a list',
    seen: seen(reply),
  });
  return list as ShownError[];
}
