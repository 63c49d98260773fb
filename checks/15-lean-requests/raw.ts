import { connect } from 'node:net';
import type { Instance } from '../harness/sdk/index.ts';

const deadlineMs = 3_000;

/** Sends these lines in one piece, and returns all that comes back until the app closes the connection. */
export function sendRaw({ url }: Instance, lines: string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''));
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(done, deadlineMs);
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('end', done).on('error', done).on('close', done);
    socket.write(lines.join('\r\n'));
  });
}
