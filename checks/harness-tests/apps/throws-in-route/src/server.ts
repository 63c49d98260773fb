import express from 'express';

const app = express();
const sessions = new Map<string, { name: string }>();
app.get('/', (_, response) => {
  response.send('hello');
});
app.get('/secret', (request, response) => {
  const session = sessions.get(String(request.query.id)) as { name: string };
  response.send(session.name);
});
app.listen(Number(process.env.PORT));
