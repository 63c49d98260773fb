/** Headers in which somebody, somewhere, tells an app whom it talks to. Not one of them is nginx's own word here. */
const ofAddress = [
  'x-real-ip',
  'x-client-ip',
  'client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-pseudo-ipv4',
  'fastly-client-ip',
  'fly-client-ip',
  'do-connecting-ip',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-appengine-user-ip',
  'x-nf-client-connection-ip',
  'x-envoy-external-address',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'x-forwarded',
  'forwarded-for',
  'x-originating-ip',
  'x-remote-ip',
  'x-remote-addr',
  'remote-addr',
  'x-proxyuser-ip',
  'proxy-client-ip',
  'wl-proxy-client-ip',
  'x_forwarded_for',
  'x_real_ip',
];

const ofProtocol: [string, string][] = [
  ['x-forwarded-proto', 'https'],
  ['x-forwarded-protocol', 'https'],
  ['x-forwarded-scheme', 'https'],
  ['x-scheme', 'https'],
  ['x-url-scheme', 'https'],
  ['x_forwarded_proto', 'https'],
  ['cloudfront-forwarded-proto', 'https'],
  ['cf-visitor', '{"scheme":"https"}'],
  ['x-forwarded-ssl', 'on'],
  ['front-end-https', 'on'],
  ['x-arr-ssl', '2048|256|CN=encore'],
  ['x-forwarded-port', '443'],
  ['upgrade-insecure-requests', '1'],
];

const ofHost = ['x-forwarded-host', 'x-forwarded-server', 'x-original-host', 'x-host', 'x-http-host-override'];

const strange = '203.0.113.9';

const forwarded: Record<string, string | string[]>[] = [
  { 'x-forwarded-for': strange },
  { 'x-forwarded-for': `${strange}, 198.51.100.7` },
  { 'x-forwarded-for': [strange, '198.51.100.7'] },
  { 'x-forwarded-for': 'unknown' },
  { 'x-forwarded-for': '10.0.0.7' },
  { 'x-forwarded-for': '::1' },
  { forwarded: `for=${strange};proto=https;host=evil.example` },
  { 'x-forwarded-proto': ['https', 'http'] },
];

const alone: Record<string, string>[] = [
  ...ofAddress.map((name) => ({ [name]: strange })),
  ...ofProtocol.map(([name, value]) => ({ [name]: value })),
  ...ofHost.map((name) => ({ [name]: 'evil.example' })),
];

/** All of them at once. */
export const everyForgery: Record<string, string> = Object.assign(
  { 'x-forwarded-for': strange, forwarded: `for=${strange};proto=https;host=evil.example` },
  ...alone,
);

/** What a client may say of itself to be taken for somebody else. The first says nothing. */
export const forgeries: Record<string, string | string[]>[] = [{}, ...forwarded, ...alone, everyForgery];
