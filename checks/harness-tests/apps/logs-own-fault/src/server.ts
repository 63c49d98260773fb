import express from 'express';

const app = express();
app.get('/', (_, response) => {
  response.send('hello');
});
app.get('/secret', (_, response) => {
  try {
    response.status(401).send(JSON.parse('{}').user.name);
  } catch (error) {
    console.error(error);
    response.status(200).send('as nobody');
  }
});
app.listen(Number(process.env.PORT));
