import express from 'express';

const app = express();
app.get(['/', '/robots.txt', '/favicon.ico'], (_req, res) => res.send('ok'));
app.get('/secret', (_req, res) => res.sendStatus(401));
app.listen(Number(process.env.PORT));
