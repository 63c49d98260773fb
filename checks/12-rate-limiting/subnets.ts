import { type Limit, newAddress } from './limits.ts';

export const sameSubnet = {
  because:
    'Each IPv6 customer has a whole /64: 2⁶⁴ addresses. If every one of them is a client, the customer has no limit.',
  lookAt: 'which part of an IPv6 address is the same for all that a customer has, in each way to write it?',
};

/** Of each, twelve addresses that are one client: in all the forms in which IPv6 can be written. */
export function subnetsOf({ most }: Limit): { subnet: string; address: (n: number) => string }[] {
  const dotted = Array.from({ length: 12 }, newAddress);
  return [
    { subnet: `2001:db8:${most}:1::/64`, address: (n) => `2001:db8:${most}:1${hostParts[n % hostParts.length]}` },
    {
      subnet: '2001:db8::/64, in short and in long form',
      address: (n) => shortForms[n % shortForms.length] ?? '',
    },
    {
      subnet: `2001:db8:${most}:3::/64, with the last 32 bits written as in IPv4`,
      address: (n) => `2001:db8:${most}:3::${dotted[n % dotted.length]}`,
    },
    {
      subnet: '2a00:0:0:1::/64, also with the “::” before its last group',
      address: (n) => earlyForms[n % earlyForms.length] ?? '',
    },
  ];
}

const hostParts = [
  '::1',
  '::2',
  ':ffff::',
  ':1:2:3:4',
  ':A:B:C:D',
  '::dead:beef',
  ':0:0:0:9',
  '::7:0',
  ':8::',
  ':8::1',
  '::1:0:1',
  ':1::',
];
const shortForms = [
  '2001:db8::1',
  '2001:db8::2',
  '2001:0db8::3',
  '2001:DB8::4',
  '2001:db8:0:0:1::',
  '2001:db8::1:0:0:1',
  '2001:db8:0:0:a:b:c:d',
  '2001:db8::ffff:0:0:9',
  '2001:0db8:0000:0000:0000:0000:0000:000a',
  '2001:db8:0::b',
  '2001:db8::c:0',
  '2001:db8::8:0:0:0',
];
/** The fourth group stands behind the “::”, before it, or beside it. */
const earlyForms = [
  '2a00::1:a:b:c:d',
  '2a00:0:0:1::',
  '2a00::1:0:0:0:9',
  '2a00:0:0:1::2',
  '2A00::1:dead:BEEF:0:1',
  '2a00:0::1:1:2:3:4',
  '2a00:0:0:1:a:b:c:d',
  '2a00:0000:0000:0001::3',
  '2a00::0001:4:3:2:1',
  '2a00:0:0:1:0::7',
  '2a00::1:8:0:0:0',
  '2a00:0:0:1::ffff:5',
];
