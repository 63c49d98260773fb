import { once } from 'node:events';
import type { Server } from 'node:net';
import { freePort } from '../../os/ports.ts';

/** On a port that can be kept while the server is cut. */
export async function listenSomewhere(server: Server, tries = 10): Promise<number> {
  const port = await freePort();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return port;
  } catch (error) {
    if (tries === 1) throw error;
    return listenSomewhere(server, tries - 1);
  }
}
