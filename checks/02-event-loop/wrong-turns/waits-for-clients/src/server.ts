import { Accounts } from './accounts.ts';
import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const accountsFile = process.env.ACCOUNTS_FILE ?? 'accounts.jsonl';
const termsFile = process.env.TERMS_FILE ?? 'terms.txt';

const server = createApp({ accounts: new Accounts(accountsFile), termsFile }).listen(port, (error) => {
  if (error) throw error;
  console.log(`accounts listening on port ${port}`);
});

process.once('SIGTERM', () => server.close());
