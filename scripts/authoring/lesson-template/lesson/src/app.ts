import express from 'express';

// TODO 60 to 250 lines that somebody could have shipped on a Thursday, with one class of fault.
export function createApp(): express.Express {
  const app = express();
  app.get('/health', (_req, res) => {
    res.status(500).send('TODO the fault');
  });
  return app;
}
