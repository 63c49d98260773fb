import { createServer } from 'node:http';

class Page {
  // @ts-expect-error: the mistake that this app is here for.
  constructor(readonly text: string) {}
}

createServer((_, response) => response.end(new Page('hello').text)).listen(process.env.PORT);
