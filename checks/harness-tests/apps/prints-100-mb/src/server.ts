import { once } from 'node:events';
import express from 'express';

const app = express();
app.get('/', (_req, res) => res.send('ok'));
app.get('/secret', (_req, res) => res.sendStatus(401));
const line = `${'x'.repeat(999_999)}\n`;
for (let megabytes = 0; megabytes < 100; megabytes++) {
  if (!process.stdout.write(line)) await once(process.stdout, 'drain');
}
app.listen(Number(process.env.PORT));
