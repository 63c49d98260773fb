import { excerpt } from '../harness/sdk/index.ts';
import { isWhole, shown } from './client.ts';

/** What is wrong with the board. Each is a request in words: its method, a space and its whole address. */
export interface BoardFaults {
  /** Open, and not listed. */
  missing: readonly string[];
  /** Listed, and not open, or more often than it is open. */
  more: readonly string[];
  /** What is open. */
  open: readonly string[];
}

/**
 * For `seen`. Without its long query, an address that is cut looks like the whole one. Then a request would be missing, and
 * another one, which looks the same, would have ended: neither is true.
 */
export function boardInWords({ missing, more, open }: BoardFaults): string {
  const lost: string[] = [];
  const twice = more.filter((one) => open.includes(one));
  const strange = more.filter((one) => !open.includes(one));
  const otherwise: [wanted: string, got: string][] = [];
  for (const one of missing) {
    const at = strange.findIndex((other) => !isWhole(other) && shown(other) === shown(one));
    if (at === -1) lost.push(one);
    else otherwise.push([one, ...(strange.splice(at, 1) as [string])]);
  }
  const [[wanted, got] = ['', '']] = otherwise;
  // What nobody has open has ended, if it does not stand for what is missing.
  const which = lost.length > 0 ? 'are not open' : 'have ended';
  return [
    some(lost, 'are missing'),
    some(
      otherwise.map(([, got]) => got),
      'are listed with another address',
      ` with ${lengthOf(got)} characters in place of ${lengthOf(wanted)}`,
    ),
    some(twice, 'are listed more often than they are open'),
    some(strange, `are listed that ${which}`),
  ]
    .filter((part) => part !== '')
    .join('; ');
}

function some(list: readonly string[], are: string, details = ''): string {
  const [first] = list;
  return first === undefined ? '' : `${list.length} ${are}, such as ${excerpt(withNumber(first))}${details}`;
}

/** Without the padding of its address, but with its number, by which it differs from others of the same route. */
const withNumber = (request: string) => request.replace(/-x+/, '…');

const lengthOf = (request: string) => request.length - request.indexOf(' ') - 1;
