import { isIPv6 } from 'node:net';

/** The first four of the eight groups of an IPv6 address, which are what a customer has; an IPv4 address as it is. */
export function clientAddress(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(ip)) return ip;
  // The URL parser writes every address in one form: lower case, without leading zeros, hexadecimal throughout.
  const [left = '', right] = new URL(`http://[${ip.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::');
  const groups = left ? left.split(':') : [];
  const last = right ? right.split(':') : [];
  if (right !== undefined) while (groups.length + last.length < 8) groups.push('0');
  return `${[...groups, ...last].slice(0, 4).join(':')}::/64`;
}
