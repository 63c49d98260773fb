import { Accounts } from './accounts.ts';
import { createApp } from './app.ts';
import { Terms } from './terms.ts';

const port = Number(process.env.PORT ?? 3000);
const accounts = await Accounts.read(process.env.ACCOUNTS_FILE ?? 'accounts.jsonl');
const terms = new Terms(process.env.TERMS_FILE ?? 'terms.txt');

createApp({ accounts, terms }).listen(port, () => console.log(`accounts listening on port ${port}`));
