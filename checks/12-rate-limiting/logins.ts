import type { Answer, CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { failedLogins, newAccount, newAddress, passwords, tokenOf, type Username } from './limits.ts';
import { longNames, othersThan, shown, twoForms } from './names.ts';
import { mustPass } from './one-client.ts';
import { mustCountEverySpelling } from './spellings.ts';
import { noAnswer, noteIfLate, untilSure } from './sure.ts';
import { together } from './together.ts';

const windowS = 60;

export function loginBehaviour(behaviour: CheckDefinition['behaviour']): void {
  const teaching = {
    because: 'The limit on failed logins is for an account and an address together, over all instances.',
    lookAt: 'which tries share a key, and which of them count?',
  };
  behaviour(
    'failed-logins',
    'five failed logins lock an account for that address, and for nobody else',
    teaching,
    (t) => untilSure(t, () => mustCountFailures(t, teaching.lookAt)),
  );
}

async function mustCountFailures(t: Stage, lookAt: string): Promise<void> {
  const apps = [t.app(1), t.app(2)];
  const from = newAddress();
  t.trail.begin('ada logs in 7 times, on both instances in turn');
  for (let n = 0; n < 7; n++)
    await mustLogIn(t, 'ada', from, n, {
      because: 'Logins that succeed count as tries. An office with one address locks itself out in the morning.',
      lookAt: 'when is a try counted, and what happens to it when the password was right?',
    });
  const tokens: string[] = [];
  for (const each of ['ada', 'grace', 'linus', 'margaret'] as const) tokens.push(await tokenOf(t, each));
  for (const username of ['ada', '__proto__', '']) {
    t.trail.begin();
    // Whoever guesses may have an account, or several.
    const token = username === 'ada' ? undefined : (n: number) => tokens[n % tokens.length] ?? '';
    const guesser = new Client(t, failedLogins, { apps, from: newAddress(), token, username, windowS });
    await guesser.asks(7);
    const whose = username === 'ada' ? 'ada' : `“${username}”, which is no account, with tokens of four users`;
    guesser.mustBeLimited(`7 wrong passwords for ${whose}, from one address, on both instances in turn`, {
      tooMany: {
        because: 'A failed try is not counted, or each instance counts alone. An attacker can go on guessing.',
        lookAt,
      },
      tooFew: { because: 'Somebody who mistypes a password twice is locked out.', lookAt },
    });
  }
  await mustLock(t, from);
  await mustNotLockOthers(t, from);
  await mustTakeBackACrowd(t);
  await mustForgetNothing(t);
  await mustCountEverySpelling(t, failedLogins, { from: newAddress(), username: newAccount() });
}

/** Who sits behind an office’s address guesses on as soon as somebody there has logged in. */
async function mustForgetNothing(t: Stage): Promise<void> {
  const from = newAddress();
  const guesser = new Client(t, failedLogins, { apps: [t.app(1), t.app(2)], from, username: 'ada', windowS });
  t.trail.begin('3 wrong passwords for ada, from one address');
  await guesser.asks(3);
  await mustLogIn(t, 'ada', from, 0, {
    because: 'Somebody who mistypes a password three times is locked out.',
    lookAt: 'how many failures does the limit allow, and what else is counted as one?',
  });
  await guesser.asks(4);
  guesser.mustBeLimited('3 wrong passwords for ada, the right one, and 4 wrong ones, from one address', {
    tooMany: {
      because:
        'A login that succeeds has made the app forget failures. Behind the address of an office, a guesser gets new tries whenever ada logs in.',
      lookAt: 'what does a login that succeeds change in the store?',
    },
  });
}

/** Whoever has guessed five times gets no sixth try, also if that one would be right. */
async function mustLock(t: Stage, from: string): Promise<void> {
  const guesser = new Client(t, failedLogins, { apps: [t.app(1), t.app(2)], from, username: 'ada', windowS });
  await guesser.asks(5);
  t.trail.begin('5 wrong passwords for ada, from one address');
  for (const on of [1, 2]) {
    const answer = await logIn(t, 'ada', from, on);
    answer.mustBe(429, {
      because: 'The sixth try was compared, and it was right. So the limit stops only those who guess wrong.',
      lookAt: 'is the limit looked at before the password, or after it?',
    });
  }
}

async function mustNotLockOthers(t: Stage, from: string): Promise<void> {
  t.trail.begin('5 wrong passwords for ada, from one address');
  await mustLogIn(t, 'ada', newAddress(), 0, {
    because: 'Anybody who knows ada’s name can lock her out, from anywhere.',
    lookAt: 'what besides the account is in the key?',
  });
  await mustLogIn(t, 'grace', from, 0, {
    because: 'One colleague who has forgotten a password locks out the whole office behind that address.',
    lookAt: 'what besides the address is in the key?',
  });
  for (const username of othersThan('ada')) {
    const own = newAddress();
    t.trail.begin(`5 wrong passwords for “${username}”, from one address`);
    await new Client(t, failedLogins, { apps: [t.app(1), t.app(2)], from: own, username, windowS }).asks(5);
    await mustLogIn(t, 'ada', own, 0, {
      because: `“${username}” is not ada: nobody has that account. Its failures lock hers.`,
      lookAt: 'what becomes of the name on its way into the key?',
    });
  }
  for (const [[used, other], difference] of [
    [longNames(newAccount()), 'only ends otherwise'],
    [twoForms(newAccount()), 'has its last letter in another form of Unicode'],
  ] as const) {
    const own = newAddress();
    await new Client(t, failedLogins, { apps: [t.app(1), t.app(2)], from: own, username: used, windowS }).asks(5);
    const step = `5 wrong passwords for “${shown(used)}”, and 4 for another account that ${difference}`;
    await mustPass(t, failedLogins, { from: own, username: other }, step);
  }
  t.trail.begin('8 wrong passwords for linus, each from another address');
  const spread = { apps: [t.app(1), t.app(2)], from: () => newAddress(), username: 'linus', windowS };
  await new Client(t, failedLogins, spread).asks(8);
  await mustLogIn(t, 'linus', newAddress(), 0, {
    because: 'Other people’s failures lock the account for its owner. An attacker needs only the name.',
    lookAt: 'what besides the account is in the key?',
  });
}

/** Each counts until its password was compared, so some of them may be refused. None has failed. */
async function mustTakeBackACrowd(t: Stage): Promise<void> {
  const from = newAddress();
  const crowd = await together(Array.from({ length: 8 }, (_, n) => logIn(t, 'ada', from, n)));
  t.trail.begin('8 logins of ada at once, with the right password, from one address');
  for (const answer of crowd) answer.mustBe([200, 429]);
  await mustLogIn(t, 'ada', from, 0, {
    because: 'Each of them counted until its password was compared, and some still do. None of them has failed.',
    lookAt: 'when a login succeeds, what is taken back, and of which of the tries that came in together?',
  });
}

async function logIn(t: Stage, username: Username, from: string, n: number): Promise<Answer> {
  const body = { username, password: passwords[username] };
  const visitor = t.visitor({ at: t.app(1 + (n % 2)) });
  const answer = await visitor.post('/login', body, { headers: { 'x-forwarded-for': from }, unanswered: noAnswer });
  noteIfLate(t, answer);
  return answer;
}

async function mustLogIn(t: Stage, username: Username, from: string, n: number, teaching: object): Promise<void> {
  const length = t.trail.length;
  const answer = await logIn(t, username, from, n);
  t.trail.retell(length, `POST /login of ${username}, with the right password`, String(answer.status));
  answer.mustBe(200, teaching);
  t.trail.dropLast();
}
