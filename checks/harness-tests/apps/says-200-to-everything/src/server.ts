import express from 'express';

const app = express();
app.use((_req, res) => res.send('ok'));
app.listen(Number(process.env.PORT));
