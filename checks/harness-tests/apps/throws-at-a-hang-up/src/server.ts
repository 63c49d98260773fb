import express from 'express';

const app = express();
app.get('/events', (_req, res) => {
  const answer = setTimeout(() => res.json([]), 100);
  // Thrown outside of the request, where no error handler of Express can catch it.
  res.on('close', () => {
    clearTimeout(answer);
    if (!res.writableFinished) throw new Error('the client has gone');
  });
});
app.listen(Number(process.env.PORT));
