import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const sessionTtlS = Number(process.env.SESSION_TTL_S ?? 3600);

createApp({ sessionTtlS }).listen(port, () => console.log(`shop listening on port ${port}`));
