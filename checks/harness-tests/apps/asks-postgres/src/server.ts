import { createServer } from 'node:http';
import { Pool } from 'pg';

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 3 });
pool.on('error', (error) => console.log(error.message));
createServer(async (_request, response) => {
  try {
    const { rows } = await pool.query('SELECT title FROM events WHERE id = $1', [1]);
    response.end(rows[0].title);
  } catch (error) {
    response.writeHead(503).end(String(error));
  }
}).listen(process.env.PORT);
