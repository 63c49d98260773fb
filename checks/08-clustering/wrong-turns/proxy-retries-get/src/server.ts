import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { log } from './log.ts';
import { forward, slots } from './proxy.ts';
import { Supervisor } from './supervisor.ts';

const supervisor = new Supervisor((serving) => {
  const child = fork(new URL('./child.ts', import.meta.url));
  child.on('message', (port) => {
    serving();
    // The new worker takes the slot of one that is gone.
    const free = slots.findIndex((slot) => !supervisor.children.has(slot.child));
    if (free >= 0) slots[free] = { child, port: Number(port) };
    else slots.push({ child, port: Number(port) });
  });
  return child;
});

const server = createServer(forward);
server.listen(Number(process.env.PORT ?? 3000), () => log('proxy listens'));
supervisor.start();

process.on('SIGTERM', () => {
  server.close(() => supervisor.stop());
  setInterval(() => server.closeIdleConnections(), 50);
  setTimeout(() => supervisor.stop(), Number(process.env.DRAIN_TIMEOUT_MS ?? 10_000) / 2);
});
