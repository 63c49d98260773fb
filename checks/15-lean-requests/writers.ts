/** The routes that take a body, and a good one for each. */
export const writers = [
  { path: '/orders', body: '{"show":"1","seats":1}' },
  { path: '/visitors', body: '{"name":"Zoë 🎸"}' },
];

/** As many bytes as asked, by spaces in front: what is good stays good. */
export function padded(body: string, length: number): string {
  return ' '.repeat(length - Buffer.byteLength(body)) + body;
}
