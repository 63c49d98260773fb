// Answers with what its files hold, and adds what it is sent to one of them.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const { NOTES_FILE = '', RULES_FILE = '' } = process.env;

createServer(async (request, response) => {
  if (request.method === 'POST') appendFileSync(NOTES_FILE, await text(request));
  const notes = existsSync(NOTES_FILE) ? readFileSync(NOTES_FILE, 'utf8') : null;
  response.end(JSON.stringify({ notes, rules: readFileSync(RULES_FILE, 'utf8') }));
}).listen(process.env.PORT);
