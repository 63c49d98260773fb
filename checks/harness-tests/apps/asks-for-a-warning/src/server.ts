import express from 'express';

// The fixture's check warns when it is told to, as Node does when too much listens to one socket.
const app = express();
app.get('/', (_req, res) => res.set('x-warn', 'yes').send('ok'));
app.get('/secret', (_req, res) => res.sendStatus(401));
app.listen(Number(process.env.PORT));
