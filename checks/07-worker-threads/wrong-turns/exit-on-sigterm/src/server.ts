import { createApp } from './app.ts';
import { closePool } from './search-pool.ts';

const port = Number(process.env.PORT ?? 3000);

createApp().listen(port, () => {
  console.log(`best seats on port ${port}`);
});

process.once('SIGTERM', async () => {
  await closePool();
  process.exit(0);
});
