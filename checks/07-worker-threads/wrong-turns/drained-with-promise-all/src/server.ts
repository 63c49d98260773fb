import { createApp, inFlight, pool } from './app.ts';

const port = Number(process.env.PORT ?? 3000);

const server = createApp().listen(port, () => {
  console.log(`best seats on port ${port}`);
});

process.on('SIGTERM', async () => {
  server.close();
  try {
    await Promise.all(inFlight);
  } finally {
    await pool.destroy();
    process.exit(0);
  }
});
