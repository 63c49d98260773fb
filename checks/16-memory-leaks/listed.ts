import { setTimeout as delay } from 'node:timers/promises';
import { disturbs, type Instance, MachineWatch, type Stage, type Teaching } from '../harness/sdk/index.ts';
import { boardInWords } from './board-words.ts';
import { type OpenRequest, seen, send, shown } from './client.ts';
import { letGoMs } from './growth.ts';

/** A second, and twice as much for the machine. */
const deadlineMs = letGoMs * 3;

export const knownByAddress: Teaching = {
  because:
    'Two requests may have the same address. A board that knows a request by its address shows one of them, and drops both with the first that ends.',
  lookAt: 'what is a request on the board known by, and can two have the same?',
};

export const knownByItsId: Teaching = {
  because:
    'X-Request-Id is the client’s choice, and two requests may bring the same: a client that tries again, or a page that gives its own to all it asks. A board that knows a request by it shows one of them.',
  lookAt: knownByAddress.lookAt,
};

interface Shown {
  method: string;
  path: string;
}

export const named = ({ method, path }: Shown) => `${method} ${path}`;

/** Each as often as it is open. @param twins what has or had something in common with another one, and what to say where only such are missing. */
export async function mustBeListed(
  t: Stage,
  app: Instance,
  open: OpenRequest[],
  twins: ReadonlyMap<string, Teaching>,
  teaching = {},
): Promise<void> {
  const wanted = open.map(named);
  let missing: string[] = [];
  let more: string[] = [];
  const watch = new MachineWatch();
  for (const begun = performance.now(); ; await delay(50)) {
    const reply = await send(t, app, { method: 'GET', path: '/under-way' });
    const listed = listOf(reply.text);
    t.require(reply.status === 200 && listed, {
      step: 'GET /under-way',
      expected: '200 with a list of {method, path, …}',
      seen: seen(reply),
    });
    missing = [...wanted];
    more = [];
    for (const one of (listed ?? []).filter(({ path }) => shown(path) !== '/under-way').map(named)) {
      const at = missing.indexOf(one);
      if (at === -1) more.push(one);
      else missing.splice(at, 1);
    }
    const waitedMs = performance.now() - begun;
    const enoughMs = disturbs(watch.otherCoresBusy()) ? deadlineMs * 3 : deadlineMs;
    if (missing.length + more.length === 0 || waitedMs > enoughMs) break;
  }
  t.require(missing.length + more.length === 0, {
    step: 'GET /under-way',
    expected: `${wanted.length === 0 ? 'nothing' : `these ${wanted.length}`}, within a second`,
    seen: boardInWords({ missing, more, open: wanted }),
    ...teaching,
    ...(more.length === 0 && missing.every((one) => twins.has(one)) ? twins.get(missing[0] as string) : {}),
  });
}

function listOf(text: string): Shown[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    const isRight = Array.isArray(list) && list.every((one) => typeof one?.path === 'string');
    return isRight ? (list as Shown[]) : undefined;
  } catch {
    return undefined;
  }
}
