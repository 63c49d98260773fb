import express from 'express';

// TODO A near miss of a good engineer on a normal day. At least six of them.
export function createApp(): express.Express {
  const app = express();
  app.get('/health', (_req, res) => {
    res.send('fine');
  });
  return app;
}
