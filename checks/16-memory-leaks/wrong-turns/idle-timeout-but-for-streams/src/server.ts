import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const heartbeatMs = Number(process.env.HEARTBEAT_MS ?? 15_000);

const idleMs = 6_000;

const server = createApp({ heartbeatMs }).listen(port, () => console.log(`live desk listening on port ${port}`));
// A phone in a tunnel never says goodbye.
server.setTimeout(idleMs);
