import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const heartbeatMs = Number(process.env.HEARTBEAT_MS ?? 15_000);
const idleMs = 5_000;

createApp({ heartbeatMs })
  .listen(port, () => console.log(`live desk listening on port ${port}`))
  // Clients that are gone and have not said so hold everything that belongs to them.
  .setTimeout(idleMs);
