import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';

const app = express();
app.get('/', (_req, res) => res.send('ok'));
app.get('/secret', (_req, res) => res.sendStatus(401));
// Stands for an app that reads its data at start-up.
await delay(8_000);
app.listen(Number(process.env.PORT));
