import express from 'express';

const app = express();
const seen: { at: Date }[] = [];
app.get('/', (_, response) => {
  if (seen.length < 5) seen.push({ at: new Date() });
  const oldest = seen[asked++ - 1] as { at: Date };
  response.send(asked === 1 ? 'hello' : `hello since ${oldest.at}`);
});
let asked = 0;
app.get('/secret', (_, response) => {
  response.sendStatus(401);
});
app.listen(Number(process.env.PORT));
