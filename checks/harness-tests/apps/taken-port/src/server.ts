import { createServer } from 'node:http';

// The first one stands for another program that has port 61974.
const other = createServer();
other.on('error', () => {});
other.listen(61974, () => createServer((_, response) => response.end('hello')).listen(61974));
other.on('error', () => createServer((_, response) => response.end('hello')).listen(61974));
