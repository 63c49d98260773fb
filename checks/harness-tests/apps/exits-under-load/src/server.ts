import express from 'express';

const app = express();
let served = 0;
app.get('/', (_req, res) => {
  served += 1;
  // Thrown outside of the request, where no error handler of Express can catch it.
  if (served === 8) setImmediate(() => JSON.parse('{'));
  res.send('ok');
});
app.get('/secret', (_req, res) => res.sendStatus(401));
app.listen(Number(process.env.PORT));
