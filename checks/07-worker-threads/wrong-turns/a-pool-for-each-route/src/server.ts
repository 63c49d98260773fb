import { benchmarks, createApp, pool } from './app.ts';

const port = Number(process.env.PORT ?? 3000);

const server = createApp().listen(port, () => {
  console.log(`best seats on port ${port}`);
});

process.on('SIGTERM', () => {
  server.close(async () => {
    await pool.destroy();
    await benchmarks.destroy();
    process.exit(0);
  });
  setInterval(() => server.closeIdleConnections(), 100).unref();
});
