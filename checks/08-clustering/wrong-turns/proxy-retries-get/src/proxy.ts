import type { ChildProcess } from 'node:child_process';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export const slots: { child: ChildProcess; port: number }[] = [];
let turn = 0;

export async function forward(req: IncomingMessage, res: ServerResponse) {
  // A visit must not count twice: only what changes nothing is tried again.
  const attempts = req.method === 'GET' || req.method === 'HEAD' ? 100 : 1;
  for (let attempt = 1; ; attempt++) {
    while (slots.length === 0) await wait(20);
    const slot = slots[turn++ % slots.length];
    if (!slot) continue;
    try {
      await once(slot.port, req, res);
      return;
    } catch {
      if (res.headersSent) return void res.destroy();
      if (attempt === attempts) return void res.writeHead(502).end();
      if (attempt >= slots.length) await wait(50);
    }
  }
}

function once(port: number, req: IncomingMessage, res: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const { connection: _, ...headers } = req.headers;
    const up = request(
      { host: '127.0.0.1', port, method: req.method, path: req.url, headers, agent: false },
      (answer) => {
        const { connection: __, 'keep-alive': ___, ...rest } = answer.headers;
        res.writeHead(answer.statusCode ?? 502, rest);
        answer.pipe(res);
        answer.on('error', reject);
        answer.on('end', resolve);
      },
    );
    up.on('error', reject);
    if (req.readableEnded || req.method === 'GET') up.end();
    else req.pipe(up);
  });
}
