import { createServer } from 'node:http';
// @ts-expect-error: the mistake that this app is here for.
import { greeting } from './greeting';

createServer((_, response) => response.end(greeting)).listen(process.env.PORT);
