import express from 'express';

export function createApp(): express.Express {
  const app = express();
  app.get('/health', (_req, res) => {
    res.send('ok');
  });
  return app;
}
