import express from 'express';

const app = express();
app.get('/', (_, response) => {
  response.send('hello');
});
app.listen(Number(process.env.PORT));
