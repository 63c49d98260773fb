import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

appendFileSync('starts', 'x');
if (readFileSync('starts', 'utf8').length >= 3) throw new Error('the table sessions already exists');

createServer((_, response) => response.end('hello')).listen(process.env.PORT);
