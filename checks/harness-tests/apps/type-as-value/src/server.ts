import { createServer } from 'node:http';
// biome-ignore lint/style/useImportType: the mistake that this app is here for.
import { Greeting } from './greeting.ts';

const greeting: Greeting = { text: 'hello' };
createServer((_, response) => response.end(greeting.text)).listen(process.env.PORT);
