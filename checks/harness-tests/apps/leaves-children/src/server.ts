import { spawn } from 'node:child_process';
import express from 'express';

const app = express();
app.get('/', (_req, res) => res.send('ok'));
app.get('/secret', (_req, res) => res.sendStatus(401));
// One in the app's group and one that has left it.
spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true }).unref();
app.listen(Number(process.env.PORT));
