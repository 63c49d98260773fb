/** What is sent, the statuses that are right, the fields that a 400 must name, and how to show it. */
export type HostileBody = [body: string | Buffer, statuses: number | number[], fields?: string[], what?: string];

const order = (more: string) => `{"show":"1","seats":2,${more}}`;
const withSeats = (seats: string) => `{"show":"1","seats":${seats}}`;
const withShow = (show: string) => `{"show":${show},"seats":2}`;
const withName = (name: string) => `{"name":${name}}`;
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const nestedObjects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const latin1 = (text: string) => Buffer.from(text, 'latin1');

function withUnknown(count: number, start = '{"show":"1","seats":2'): HostileBody {
  const names = Array.from({ length: count }, (_, n) => `f${n}`);
  const body = `${start}${names.map((name) => `,"${name}":1`).join('')}}`;
  return [body, 400, names, `with ${count} unknown fields`];
}

const noObjects: HostileBody[] = [
  'null',
  '1',
  '"show"',
  'true',
  '[]',
  '[{"show":"1","seats":2}]',
  '[{"name":"Ada"}]',
  nested(8_000),
].map((body) => [body, 400]);

/** What JSON can hold and nobody means. Each is a row of its own: a rule that catches one may let its neighbour pass. */
export const hostileOrders: HostileBody[] = [
  ...noObjects,
  ['{}', 400, ['show', 'seats']],
  ['{"show":"1"}', 400, ['seats']],
  ['{"seats":2}', 400, ['show']],
  ...['0', '-1', '9', '1.5', '8.0000001', '"2"', '""', 'null', 'true', '[2]', '[]', '{}', '{"valueOf":2}'].map(
    (seats): HostileBody => [withSeats(seats), 400, ['seats']],
  ),
  // Beyond 2⁵³, where neighbours are equal; beyond what a double holds; less than it holds; and nothing below zero.
  ...['9007199254740993', '18446744073709551617', '1e400', '-1e400', '1e-400', '-0', '4294967297', '1e21'].map(
    (seats): HostileBody => [withSeats(seats), 400, ['seats']],
  ),
  [withSeats(`1${'0'.repeat(5_000)}`), 400, ['seats'], 'with a number of 5,001 digits'],
  [withSeats('2.0'), 201],
  [withSeats('80e-1'), 201],
  ...[
    '""',
    '"123456789012345678901"',
    '1',
    'null',
    'true',
    '["1"]',
    '[["1"]]',
    '{}',
    '{"length":1}',
    '{"toString":"1"}',
  ].map((show): HostileBody => [withShow(show), 400, ['show']]),
  // A text may be trimmed or not.
  [withShow('" 1"'), [201, 400, 404]],
  [withShow('" "'), [400, 404]],
  // As good as any other text, and no show.
  ...['"__proto__"', '"constructor"', '"12345678901234567890"', '"no-such-show"', '"%"', '"é(*"'].map(
    (show): HostileBody => [withShow(show), 404],
  ),
  [withShow('"1\\u0000"'), [400, 404]],
  // A show that is none, and something else is wrong, too.
  ['{"show":"no-such-show"}', 400, ['seats']],
  ['{"show":"no-such-show","seats":99}', 400, ['seats']],
  ['{"show":"no-such-show","seats":2,"note":""}', 400, ['note']],
  ...[
    'note',
    'Show',
    'seats ',
    '',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '$where',
    'totalCents',
    'length',
    '0',
    // What a path of names would be taken apart at, and what it would have to escape.
    'show.id',
    'show/id',
    'seats[0]',
    '~1',
    'a"b',
    'é',
    ' ',
  ].map((name): HostileBody => [order(`${JSON.stringify(name)}:1`), 400, [name]]),
  [order('"note":null'), 400, ['note']],
  ['{"show":7,"seats":"x","note":""}', 400, ['show', 'seats', 'note']],
  [order('"__proto__":{"seats":9}'), 400, ['__proto__']],
  [order('"__proto__":null'), 400, ['__proto__']],
  ['{"__proto__":{"show":"1","seats":2}}', 400, ['show', 'seats', '__proto__']],
  ['{"constructor":{"prototype":{"seats":2}},"show":"1"}', 400, ['constructor', 'seats']],
  [order('"\\u005f_proto__":{"polluted":1}'), 400, ['__proto__']],
  // Twice the same key: most parsers take the last, and some refuse.
  [`{"seats":2,"show":"1","seats":9}`, 400],
  [`{"seats":9,"show":"1","seats":2}`, [201, 400]],
  [withShow(nested(7_500)), 400, ['show'], 'with a show of 7,500 levels'],
  [order(`"note":${nested(7_500)}`), 400, ['note'], 'with a note of 7,500 levels'],
  [order(`"__proto__":${nestedObjects(2_600)}`), 400, ['__proto__'], 'with a __proto__ of 2,600 levels'],
  [withShow(nested(10_000)), 413, undefined, 'with a show of 10,000 levels, which are above 16,384 bytes'],
  // All of them, and each whole.
  withUnknown(12),
  withUnknown(120),
  withUnknown(1_200),
  [order(`"${'x'.repeat(300)}":1`), 400, ['x'.repeat(300)], 'with an unknown field whose name has 300 characters'],
];

export const hostileVisitors: HostileBody[] = [
  ...noObjects,
  ['{}', 400, ['name']],
  ...['""', 'null', '5', 'true', '["Ada"]', '[]', '{}', '{"length":3}', '{"trim":"x"}', `"${'x'.repeat(61)}"`].map(
    (name): HostileBody => [withName(name), 400, ['name']],
  ),
  [withName('"A"'), 201],
  [withName(`"${'é'.repeat(60)}"`), 201],
  [withName(`"${'x'.repeat(60)}"`), 201],
  ['{"name":"Ada","admin":true}', 400, ['admin']],
  ['{"name":"Ada","since":"2020","address":"x"}', 400, ['since', 'address']],
  ['{"name":"Ada","__proto__":{"admin":true}}', 400, ['__proto__']],
  ['{"__proto__":{"name":"Ada"}}', 400, ['name', '__proto__']],
  ['{"constructor":{"prototype":{"name":"Ada"}}}', 400, ['name', 'constructor']],
  ['{"Name":"Ada"}', 400, ['name', 'Name']],
  ['{"name":5,"admin":true}', 400, ['name', 'admin']],
  ...['', 'toString', 'constructor', 'name.first', 'hasOwnProperty'].map(
    (name): HostileBody => [`{"name":"Ada",${JSON.stringify(name)}:1}`, 400, [name]],
  ),
  withUnknown(12, '{"name":"Ada"'),
  [withName(nested(7_500)), 400, ['name'], 'with a name of 7,500 levels'],
  [withName('" "'), [201, 400]],
  [withName('" Ada "'), 201],
  // Half a pair, a NUL, and bytes that are no UTF-8: taken or refused, as one likes.
  [withName('"\\ud800"'), [201, 400]],
  [withName('"Ada\\u0000"'), [201, 400]],
  [latin1('{"name":"Zo\xeb"}'), [201, 400], undefined, 'with a name in Latin-1, which is no UTF-8'],
  [latin1('{"name":"\xc0\xaf"}'), [201, 400], undefined, 'with a slash in two bytes, which is no UTF-8'],
  [latin1('{"name":"A\xf0\x9f"}'), [201, 400], undefined, 'with half of an emoji, which is no UTF-8'],
  [latin1('{"n\xff":"Ada"}'), 400, undefined, 'with a field whose name is no UTF-8'],
  [latin1('\xff\xfe{\x00}\x00'), 400, undefined, 'in UTF-16'],
  [latin1('\xef\xbb\xbf{"name":"Ada"}'), [201, 400], undefined, 'with a byte order mark'],
];
