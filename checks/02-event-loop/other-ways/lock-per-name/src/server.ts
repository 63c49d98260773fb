import { Accounts } from './accounts.ts';
import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const termsFile = process.env.TERMS_FILE ?? 'terms.txt';
const accounts = await Accounts.read(process.env.ACCOUNTS_FILE ?? 'accounts.jsonl');

createApp({ accounts, termsFile }).listen(port, () => console.log(`accounts listening on port ${port}`));
