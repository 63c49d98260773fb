import express from 'express';
import { secret } from './settings.ts';

const app = express();
app.get('/', (_req, res) => res.send(secret));
app.listen(Number(process.env.PORT));
