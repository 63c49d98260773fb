import type { Answer, CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { exports, failedLogins, newAccount, newAddress, passwords, reads, tokenOf, type Username } from './limits.ts';
import { noteIfLate, untilSure } from './sure.ts';

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
  for (const username of ['ada', newAccount()]) {
    t.trail.begin();
    const guesser = new Client(t, failedLogins, { apps, from: newAddress(), username, windowS });
    await guesser.asks(7);
    const whose = username === 'ada' ? 'ada' : 'an account that does not exist';
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
  t.trail.begin('8 wrong passwords for linus, each from another address');
  const spread = { apps: [t.app(1), t.app(2)], from: () => newAddress(), username: 'linus', windowS };
  await new Client(t, failedLogins, spread).asks(8);
  await mustLogIn(t, 'linus', newAddress(), 0, {
    because: 'Other people’s failures lock the account for its owner. An attacker needs only the name.',
    lookAt: 'what besides the account is in the key?',
  });
}

async function logIn(t: Stage, username: Username, from: string, n: number): Promise<Answer> {
  const body = { username, password: passwords[username] };
  const visitor = t.visitor({ at: t.app(1 + (n % 2)) });
  const answer = await visitor.post('/login', body, { headers: { 'x-forwarded-for': from } });
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

export function exportsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  const apart = {
    because: 'Exports and reads share a count. Whoever has read ten events can export nothing, or the other way round.',
    lookAt: 'what is the key of an export, and what is the key of a read of the same user?',
  };
  behaviour('exports', 'a user gets five exports, apart from the reads and from other users', apart, async (t) => {
    const apps = [t.app(1), t.app(2)];
    const [linus, margaret] = [await tokenOf(t, 'linus'), await tokenOf(t, 'margaret')];
    await untilSure(t, async () => {
      await t.redis.clear();
      const from = newAddress();
      const client = (limit: typeof reads, token: string, address: string | (() => string) = from) =>
        new Client(t, limit, { apps, from: address, token, windowS });
      await client(reads, linus).asks(11);
      const ofLinus = client(exports, linus, () => newAddress());
      await ofLinus.asks(7);
      ofLinus.mustBeLimited('7 exports of linus, from several addresses, after 11 reads', {
        tooMany: {
          because:
            'Exports are counted by something that the user can change, or by each instance alone, or not at all.',
          lookAt: 'which limit covers POST /exports, and what is its key?',
        },
        tooFew: apart,
      });
      const ofMargaret = client(exports, margaret);
      await ofMargaret.asks(6);
      ofMargaret.mustBeLimited('6 exports of margaret, from an address that linus has used', {
        tooMany: { because: 'A second user is not limited.', lookAt: 'what is the key of an export?' },
        tooFew: {
          because: 'The limit is for each user, and margaret pays for what linus has exported.',
          lookAt: 'what is the key of an export?',
        },
      });
      const reading = client(reads, margaret);
      await reading.asks(reads.atLeast);
      return reading.mustBeLimited('8 reads of margaret, after 6 exports', { tooMany: apart, tooFew: apart });
    });
  });
}
