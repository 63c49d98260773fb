import express from 'express';

export function createApp(): express.Express {
  const app = express();
  app.use(
    '/health',
    express.Router().get('/', (_req, res) => void res.end('ok')),
  );
  return app;
}
