import { ask, header, jsonOf } from './ask.ts';
import { victim } from './bot.ts';
import { Customer, emailOf } from './customers.ts';
import lesson from './lesson.ts';
import { conclude, type Part } from './parts.ts';

const mostFailures = 5;
const windowS = Number(lesson.env.LOGIN_WINDOW_S);
/** While Redis is away, an app may let some through; each of four processes once more. */
const duringRestart = 8;
/** Nobody has guessed at this one yet. */
const fresh = 398;

export function botPart(part: Part): void {
  part(
    'bot',
    'The bot',
    {
      points: 8,
      lessons: [12],
      limitMs: 60_000,
      because: 'The limit counts by an address that the bot has made up, or each process counts for itself.',
      lookAt: 'which entry of X-Forwarded-For is the balancer’s, and where are failures counted?',
    },
    async (t, minute) => {
      const { asked, happened, script } = minute;
      const { guesses } = happened;
      const compared = guesses.filter(({ status }) => status === 401).length;
      const limited = guesses.filter(({ status }) => status === 429);
      const windows = Math.ceil(script.bot / windowS);
      const most = mostFailures * windows + duringRestart;
      const untrue = limited.filter(({ headers }) => {
        const seconds = Number(header(headers, 'retry-after'));
        return !(Number.isInteger(seconds) && seconds >= 1 && seconds <= windowS);
      });
      // The first five lock it, and after the window passwords are compared again, whatever was tried meanwhile.
      const [first] = guesses.filter(({ status }) => status === 401);
      const afterWindow = guesses.filter(({ at }) => first && at > first.at + first.ms + windowS * 1_000 + 1_000);
      const lasts = limited.length > 0 && afterWindow.length > 5 && afterWindow.every(({ status }) => status === 429);
      const others = asked.filter(({ route, status }) => route === 'POST /login' && status === 429).length;
      // After the minute, past the balancer, with the address that it would add.
      const from = (address: string) => ({ 'x-forwarded-for': `10.9.8.7, ${address}` });
      const apps = [t.app(1).url, t.app(2).url];
      const json = { email: emailOf(fresh), password: 'wrong' };
      const statuses: number[] = [];
      for (let n = 0; n < mostFailures; n++) {
        const answer = await ask(apps[n % 2] as string, {
          method: 'POST',
          path: '/login',
          json,
          headers: from('203.0.113.9'),
        });
        statuses.push(answer.status);
      }
      const again = await new Customer(fresh).logIn(apps[1] as string, { headers: from('203.0.113.9') });
      const elsewhere = await new Customer(fresh).logIn(apps[0] as string, { headers: from('203.0.113.10') });
      const colleague = await new Customer(victim - 2).logIn(apps[0] as string, { headers: from('203.0.113.9') });
      const isLocked = statuses.every((status) => status === 401) && again.status === 429;
      const knows = jsonOf(elsewhere)?.email === emailOf(fresh) && colleague.status === 200;
      t.step(
        `${guesses.length} guesses of the bot in the minute; then five wrong passwords from one address, over both instances`,
      );
      conclude(t, minute, [
        {
          worth: 0.5,
          share: compared <= most && limited.length > 0 ? 1 : compared <= 2 * most && limited.length > 0 ? 0.4 : 0,
          seen:
            limited.length === 0 && compared <= most
              ? `none of ${guesses.length} guesses of the bot was refused with 429`
              : `${compared} of ${guesses.length} guesses of the bot were compared with the password, at most ${most} were to be`,
          timed: guesses.length < 2 * most && limited.length === 0,
          good: `${limited.length} of ${guesses.length} guesses of the bot were refused`,
        },
        {
          worth: 0.25,
          share: isLocked && knows && others === 0 && !lasts ? 1 : 0,
          seen: lasts
            ? `${windowS} s after the first failure, the account was still locked for this address`
            : !isLocked
              ? `five wrong passwords over both instances were ${statuses.join(', ')}, and the right one then ${again.status}`
              : others > 0
                ? `${others} customers with the right password were limited`
                : `another address was ${elsewhere.status}, and another account ${colleague.status}`,
          good: 'nobody else was',
          because: lasts
            ? 'Each further try makes the lock longer, so whoever goes on trying locks the owner out for as long.'
            : 'An account is locked for its owner, or five failures do not lock it for whoever made them.',
          lookAt: 'what is in the key of the limit, when is it looked at, and what does a refused try count?',
        },
        {
          worth: 0.25,
          share: limited.length > 0 && untrue.length === 0 ? 1 : 0,
          seen:
            limited.length === 0
              ? 'no 429 said when to come back'
              : `${untrue.length} of ${limited.length} refusals had no true Retry-After`,
          timed: limited.length === 0 && guesses.length < 2 * most,
          good: 'each 429 says when to come back',
          because: 'A customer who has mistyped a password is not told when the next try counts.',
        },
      ]);
    },
  );
}
