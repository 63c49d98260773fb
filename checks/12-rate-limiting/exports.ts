import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { otherEachTime } from './addresses.ts';
import { Client, type ClientOptions } from './client.ts';
import { forgedOf } from './identity.ts';
import { exports, type Limit, newAccount, newAddress, reads } from './limits.ts';
import { longNames, namesLikeKeys, othersThan, shown, twoForms } from './names.ts';
import { canSign, newUser, signed } from './new-users.ts';
import { mustPass } from './one-client.ts';
import { mustCountEverySpelling } from './spellings.ts';
import { noAnswer, noteIfLate, untilSure } from './sure.ts';

const windowS = 60;
/** More than a user may make. */
const forgedTimes = 6;

const apart = {
  because: 'Exports and reads share a count. Whoever has read ten events can export nothing, or the other way round.',
  lookAt: 'what is the key of an export, and what is the key of a read of the same user?',
};

export function exportsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour('exports', 'a user gets five exports, apart from the reads and from other users', apart, async (t) => {
    await untilSure(t, () => mustCountExports(t));
    await untilSure(t, () => mustTellUsersApart(t));
    await untilSure(t, () => mustTellKeysApart(t));
    await untilSure(t, async () => {
      const { token } = await newUser(t, 'linus');
      await t.redis.clear();
      await mustCountEverySpelling(t, exports, { from: newAddress(), token });
    });
  });
}

async function mustCountExports(t: Stage): Promise<void> {
  const [linus, margaret] = [await newUser(t, 'linus'), await newUser(t, 'margaret')];
  await t.redis.clear();
  const apps = [t.app(1), t.app(2)];
  const from = newAddress();
  const client = (limit: Limit, token: ClientOptions['token'], more: Partial<ClientOptions> = {}) =>
    new Client(t, limit, { apps, from, token, windowS, ...more });
  await client(reads, linus.token).asks(11);
  await forge(t, linus.token, from);
  const written = (n: number) => `${linus.token}${'.'.repeat(n)}`;
  const ofLinus = client(exports, written, { from: () => newAddress(), headers: otherEachTime });
  await ofLinus.asks(7);
  ofLinus.mustBeLimited(
    `7 exports of one user, after 11 reads and after ${forgedTimes} exports with a forged token of theirs, each from another address, with other headers and with more dots behind the token`,
    {
      tooMany: {
        because: 'Exports are counted by something that the user can change, or by each instance alone, or not at all.',
        lookAt: 'which limit covers POST /exports, and what is its key?',
      },
      tooFew: {
        because:
          'Either exports and reads share a count, or an export that was a 401 counts against the user whose name somebody has put into a token.',
        lookAt: 'what is the key of an export, and is the token checked before it is counted?',
      },
    },
  );
  const ofMargaret = client(exports, margaret.token);
  await ofMargaret.asks(6);
  ofMargaret.mustBeLimited('6 exports of another user, from an address that the first one has used', {
    tooMany: { because: 'A second user is not limited.', lookAt: 'what is the key of an export?' },
    tooFew: {
      because: 'The limit is for each user, and this one pays for what another has exported.',
      lookAt: 'what is the key of an export?',
    },
  });
  const reading = client(reads, margaret.token);
  await reading.asks(reads.atLeast);
  reading.mustBeLimited('8 reads of that user, after 6 exports', { tooMany: apart, tooFew: apart });
}

/** Exports that are none. */
async function forge(t: Stage, token: string, from: string): Promise<void> {
  for (let n = 0; n < forgedTimes; n++) {
    const { length } = t.trail;
    const headers = { 'x-forwarded-for': from, authorization: `Bearer ${forgedOf(token, 3 * n)}` };
    const visitor = t.visitor({ at: t.app(1 + (n % 2)) });
    const answer = await visitor.post('/exports', undefined, { headers, unanswered: noAnswer });
    noteIfLate(t, answer);
    t.trail.retell(length, `POST /exports number ${n + 1} with a forged token`, String(answer.status));
    answer.mustBe(401, {
      because: 'By the table an export without a valid token is a 401.',
      lookAt: 'in which order are the token and the limit looked at?',
    });
    t.trail.retell(length);
  }
}

/** Users whose names are easily taken for each other. */
async function mustTellUsersApart(t: Stage): Promise<void> {
  if (!(await canSign(t))) return;
  const { name, token } = (await newUser(t, 'linus')) as { name: string; token: string };
  const [long, longToo] = longNames(name);
  const [form, formToo] = twoForms(name);
  const apps = [t.app(1), t.app(2)];
  for (const used of [token, signed(long).token, signed(form).token])
    await new Client(t, exports, { apps, from: newAddress(), token: used, windowS }).asks(exports.most);
  const pairs = [...othersThan(name).map((other) => [name, other]), [long, longToo], [form, formToo]];
  for (const [used = '', other = ''] of pairs) {
    const step = `5 exports of a user called “${shown(used)}”, and 4 of one called “${shown(other)}”`;
    await mustPass(t, exports, { from: newAddress(), token: signed(other).token }, step);
  }
}

/** A user may be called as the key of somebody else's exports is: then that user's reads are counted there. */
async function mustTellKeysApart(t: Stage): Promise<void> {
  if (!(await canSign(t))) return;
  const apps = [t.app(1), t.app(2)];
  for (const { used, other, words } of [
    { used: reads, other: exports, words: ['exports', 'export'] },
    { used: exports, other: reads, words: ['reads', 'read', 'events'] },
  ]) {
    const name = newAccount();
    const names = namesLikeKeys(name, words);
    for (const like of names)
      await new Client(t, used, { apps, from: newAddress(), token: signed(like).token, windowS }).asks(exports.most);
    const step = `${exports.most} ${used.what} of each user called ${names.map((like) => `“${like.replace(name, 'NAME')}”`).join(', ')}, and ${other.atLeast} ${other.what} of NAME`;
    await mustPass(t, other, { from: newAddress(), token: signed(name).token }, step);
  }
}
