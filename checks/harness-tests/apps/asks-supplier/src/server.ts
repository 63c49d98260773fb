// Passes every request on to the supplier, and fails with it.
import { createServer } from 'node:http';

createServer(async (request, response) => {
  try {
    const answer = await fetch(`${process.env.SUPPLIER_URL}${request.url}`);
    response.writeHead(answer.status).end(await answer.text());
  } catch {
    response.writeHead(502).end();
  }
}).listen(process.env.PORT);
