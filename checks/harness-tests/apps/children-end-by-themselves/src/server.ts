import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import express from 'express';

const app = express();
app.get('/', (_req, res) => res.send('ok'));
app.get('/secret', (_req, res) => res.sendStatus(401));
for (let i = 0; i < 2; i++) fork(fileURLToPath(new URL('./child.ts', import.meta.url)));
app.listen(Number(process.env.PORT));
