import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import express, { type Express } from 'express';
import type { Accounts } from './accounts.ts';
import { parseCredentials } from './credentials.ts';

export interface AppOptions {
  accounts: Accounts;
  termsFile: string;
}

/** Encore's accounts: sign up, log in, and the terms that everybody has to accept. */
export function createApp({ accounts, termsFile }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  // The balancer asks every second and takes an instance out that stays silent.
  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.post('/accounts', (req, res) => {
    const credentials = parseCredentials(req.body);
    if (!credentials) {
      res.status(400).json({ error: 'name takes a-z, 0-9 and -, 3 to 40 of them; password 8 to 72 bytes' });
      return;
    }
    const { name, password } = credentials;
    if (!accounts.create(name, password)) {
      res.status(409).json({ error: 'that name is taken' });
      return;
    }
    res.status(201).json({ name });
  });

  app.post('/login', (req, res) => {
    const credentials = parseCredentials(req.body);
    if (!credentials || !accounts.verify(credentials.name, credentials.password)) {
      res.status(401).json({ error: 'wrong name or password' });
      return;
    }
    res.json({ name: credentials.name });
  });

  // The legal department edits the file in place, so it is read anew for each request.
  app.get('/terms', (req, res) => {
    const text = readFileSync(termsFile);
    res.type('text/plain').vary('Accept-Encoding');
    if (!req.acceptsEncodings('gzip')) {
      res.send(text);
      return;
    }
    res.set('Content-Encoding', 'gzip').send(gzipSync(text));
  });

  return app;
}
