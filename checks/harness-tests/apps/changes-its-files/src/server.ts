import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

// What becomes of it while it runs, as by an editor, or by `git checkout`: rules says which.
const rule = existsSync('rule') ? readFileSync('rule', 'utf8') : '';

createServer((_, response) => {
  if (rule === 'half a line is saved') writeFileSync('src/server.ts', 'const limit = ;\n');
  if (rule === 'the file is deleted') rmSync('src/server.ts', { force: true });
  if (rule === 'the folder is deleted') rmSync(process.cwd(), { recursive: true, force: true });
  response.end('hello');
}).listen(process.env.PORT);
