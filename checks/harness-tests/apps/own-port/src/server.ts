import express from 'express';

const app = express();
app.get('/', (_req, res) => res.send('ok'));
app.get('/secret', (_req, res) => res.sendStatus(401));
// Two instances want it. One gets it, and Express tells the other in the callback, which does not look.
app.listen(61_973, () => console.log('listening'));
