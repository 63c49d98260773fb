import express from 'express';

const app = express();
app.get('/', () => {});
app.get('/secret', (_req, res) => res.sendStatus(401));
app.listen(Number(process.env.PORT));
