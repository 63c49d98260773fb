import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptConnections, plainRequest } from '../harness/net/plain-request.ts';

let server: Server;
let url: string;
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = createServer(async (request, response) => {
    sockets.add(request.socket);
    if (request.url === '/cut') return request.socket.destroy();
    if (request.url === '/silent') return;
    if (request.url === '/half') return response.writeHead(200, { 'content-length': 10 }).write('half');
    let body = '';
    for await (const chunk of request) body += chunk;
    response.writeHead(201, { 'content-type': 'text/plain' }).end(`${request.method} ${body}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('a plain request', () => {
  it('sends a body as JSON and gives status, text and type', async () => {
    const reply = await plainRequest(url, { method: 'PUT', body: { name: 'Zürich' } });
    expect(reply).toEqual({ status: 201, text: 'PUT {"name":"Zürich"}', contentType: 'text/plain' });
    expect((await plainRequest(url)).text).toBe('GET ');
  });

  it('says that the connection broke, and not that the reply was late', async () => {
    await expect(plainRequest(`${url}/cut`)).rejects.toMatchObject({ message: 'ECONNRESET', late: false });
  });

  it('is late also when only a part of the reply has come', async () => {
    for (const path of ['/silent', '/half'])
      await expect(plainRequest(url + path, { withinMs: 200 })).rejects.toMatchObject({
        message: 'no answer within 0.2 s',
        late: true,
      });
  });

  it('has a connection of its own, or one of those that are kept', async () => {
    sockets.clear();
    for (let n = 0; n < 3; n++) await plainRequest(url);
    expect(sockets.size).toBe(3);

    sockets.clear();
    const agent = keptConnections(2);
    for (let round = 0; round < 3; round++)
      await Promise.all([plainRequest(url, { agent }), plainRequest(url, { agent })]);
    agent.destroy();
    expect(sockets.size).toBe(2);
  });
});
