import { createApp } from './app.ts';
import { createCatalogue } from './catalogue.ts';

const port = Number(process.env.PORT ?? 3000);

const server = createApp({ catalogue: createCatalogue() }).listen(port, () => {
  console.log(`shop listening on port ${port}`);
});

process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
});
