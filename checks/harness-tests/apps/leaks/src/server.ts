import { EventEmitter } from 'node:events';
import express from 'express';

interface Price {
  cents: number;
  at: Date;
}

const prices = new Map<number, Price>();
const bus = new EventEmitter();
bus.setMaxListeners(0);
let changes = 0;

const app = express();
app.use(express.json());
app.put('/events/:id/price', (req, res) => {
  prices.set(++changes, { cents: req.body.cents, at: new Date() });
  res.json({});
});
app.get('/events', (_req, res) => {
  const onPrice = () => res.write('a price');
  bus.on('price', onPrice);
  setTimeout(() => {
    if (!res.closed) bus.off('price', onPrice);
    res.end('[]');
  }, 100);
});
app.listen(Number(process.env.PORT));
