import express from 'express';

// It catches what its supplier sends it in place of JSON, and logs that as a line of level error.
const app = express();
app.get('/', (_, response) => {
  response.send('hello');
});
app.get('/secret', (_, response) => {
  try {
    JSON.parse('<html>');
  } catch (error) {
    const { name, message, stack } = error as Error;
    console.log(JSON.stringify({ level: 50, err: { type: name, message: `${name}: ${message}`, stack } }));
    console.log(JSON.stringify({ level: 'error', err: { type: 'TypeError', message: 'seats is not iterable' } }));
  }
  response.send('everybody may read this');
});
app.listen(Number(process.env.PORT));
