import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A GET as HTTP/1.0 has it, which node:http can't send: without keep-alive, so the server closes the connection behind its answer. */
export async function askHttp10(
  base: string,
  path: string,
  headers: Record<string, string | string[]>,
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(base);
  const socket = connect(Number(port), hostname);
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')));
  socket.write([`GET ${path} HTTP/1.0`, ...lines, '', ''].join('\r\n'));
  try {
    const answer = (await buffer(socket)).toString();
    const end = answer.indexOf('\r\n\r\n');
    return { status: Number(/^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1] ?? 0), text: answer.slice(end + 4) };
  } catch (error) {
    return { status: 0, text: (error as Error).message };
  }
}
