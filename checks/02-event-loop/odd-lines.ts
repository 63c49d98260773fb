import bcrypt from 'bcrypt';
import { excerpt, type Instance, type Stage } from '../harness/sdk/index.ts';
import { type Account, type Credentials, cheapCost, newcomer, patienceMs } from './steps.ts';

interface OddAccount {
  customer: Credentials;
  /** Of the line. */
  how: string;
  line: string;
}

/** The same JSON object can be written in several ways, and programs differ in theirs. */
const spellings: [string, (account: Account) => string][] = [
  ['with the hash first, and with spaces', ({ name, hash }) => `{ "hash": "${hash}", "name": "${name}" }`],
  [
    'with escapes, as some libraries write them, and ended by CR LF',
    ({ name, hash }) => `{"name":"\\u0067${name.slice(1)}","hash":"${hash.replaceAll('/', '\\/')}"}\r`,
  ],
];

/** Accounts that other programs have written. */
export function oddlyWritten(): OddAccount[] {
  return spellings.map(([how, write]) => {
    const customer = newcomer();
    const hash = bcrypt.hashSync(customer.password, bcrypt.genSaltSync(cheapCost, 'a'));
    return { customer, how, line: write({ name: customer.name, hash }) };
  });
}

export const oddLines = (accounts: OddAccount[]) => accounts.map(({ line }) => `${line}\n`).join('');

/** Asked when the app has read the whole file. */
export async function mustKnowOddLines(t: Stage, at: Instance, accounts: OddAccount[]): Promise<void> {
  for (const { customer, how, line } of accounts) {
    t.trail.begin(`a line of the file is written ${how}: ${line.trim().slice(0, 40)}…`);
    const notRead = {
      because:
        'The line is a JSON object with a name and a bcrypt hash, and the app does not know the account. It seems to look for the text that it writes itself.',
      lookAt: 'how does the app get name and hash out of a line?',
    };
    const logIn = await t.visitor({ at }).post('/login', customer, { deadlineMs: patienceMs });
    t.require(logIn.is(200), { expected: '200', seen: `${logIn.status} ${excerpt(logIn.text)}`, ...notRead });
    const again = { ...customer, password: 'somebody else’s password' };
    const signUp = await t.visitor({ at }).post('/accounts', again, { deadlineMs: patienceMs });
    t.require(signUp.is(409), { expected: '409', seen: `${signUp.status} ${excerpt(signUp.text)}`, ...notRead });
  }
  t.trail.begin();
}
