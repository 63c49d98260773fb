import express from 'express';

const app = express();
app.use((req, _res, next) => {
  console.log(new Date().toISOString(), req.method, req.url);
  next();
});
app.get('/', (_req, res) => res.send('ok'));
app.get('/secret', (_req, res) => res.sendStatus(401));
app.listen(Number(process.env.PORT));
