import { type Asked, ask, header, jsonOf } from './ask.ts';
import { victim } from './bot.ts';
import { cameBackAsTold } from './come-back.ts';
import { Customer, emailOf } from './customers.ts';
import lesson from './lesson.ts';
import { conclude, type Part } from './parts.ts';

const mostFailures = 5;
const windowS = Number(lesson.env.LOGIN_WINDOW_S);
/** While Redis is away, an app may let some through; each of four processes once more. */
const duringRestart = 8;
/** Rounding, and clocks that are not this one. */
const slackS = 1.5;
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
      // The first five lock it, and after the window passwords are compared again, whatever was tried meanwhile.
      const [first] = guesses.filter(({ status }) => status === 401);
      // Which failures count after a window, or after Redis was away, only the app knows.
      const redisGone = happened.redisAway.from || Number.POSITIVE_INFINITY;
      const untrue = limited.filter((refusal) => {
        const seconds = Number(header(refusal.headers, 'retry-after'));
        if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= windowS)) return true;
        return first !== undefined && refusal.at < redisGone && !isLeft(seconds, first, refusal);
      });
      const [wrongOne] = untrue;
      const told = wrongOne && header(wrongOne.headers, 'retry-after');
      // One of them at least is compared again, the first perhaps: soon five more have failed, and lock the account anew.
      const afterWindow = guesses.filter(({ at }) => first && at > first.at + windowS * 1_000);
      const isOver = first && afterWindow.some(({ at }) => at > first.at + first.ms + windowS * 1_000 + 1_000);
      const lasts = isOver && afterWindow.length > 5 && afterWindow.every(({ status }) => status === 429);
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
      const unfair = [
        ...(jsonOf(elsewhere)?.email === emailOf(fresh)
          ? []
          : [`the account was ${elsewhere.status} from another address`]),
        ...(colleague.status === 200 ? [] : [`another account was ${colleague.status} from the same address`]),
      ].join(', and ');
      const cameBack = await cameBackAsTold(t);
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
          share: isLocked && !unfair && others === 0 && !lasts ? 1 : 0,
          seen: lasts
            ? `${windowS} s after the first failure, the account was still locked for this address`
            : !isLocked
              ? `five wrong passwords over both instances were ${statuses.join(', ')}, and the right one then ${again.status}`
              : others > 0
                ? `${others} customers with the right password were limited`
                : `with the right password, ${unfair}`,
          good: 'nobody else was',
          because: lasts
            ? 'Each further try makes the lock longer, so whoever goes on trying locks the owner out for as long.'
            : !isLocked
              ? 'Five failures do not lock the account for whoever made them, or each process counts for itself.'
              : 'Who has not failed is locked out, too: the limit is for one account from one address.',
          lookAt: 'what is in the key of the limit, when is it looked at, and what does a refused try count?',
        },
        {
          worth: 0.25,
          share: limited.length > 0 && untrue.length === 0 && cameBack?.status !== 429 ? 1 : 0,
          seen:
            limited.length === 0
              ? 'no 429 said when to come back'
              : cameBack?.status === 429
                ? `whoever came back when Retry-After had said so, after ${cameBack.toldS} s, was refused with another 429`
                : `${untrue.length} of ${limited.length} refusals had no true Retry-After${told && first && wrongOne ? `, such as ${told}, ${((wrongOne.at - first.at) / 1_000).toFixed(1)} s after the first failure` : ''}`,
          timed: limited.length === 0 && guesses.length < 2 * most,
          good: 'each 429 says when to come back',
          ...(limited.length > 0 && cameBack?.status === 429 ? cameTooEarly : notTold),
        },
      ]);
    },
  );
}

const notTold = {
  because: 'A customer who has mistyped a password is not told when the next try counts.',
  lookAt: 'when did the window of this account and address begin, what is left of it, and how is that rounded?',
};

const cameTooEarly = {
  because:
    'A client that kept to Retry-After was still locked out. It was too short, such as by rounding down, or something has made the lock longer since.',
  lookAt: 'when does the window end, what moves that end, and how do its last milliseconds become whole seconds?',
};

/** Whether so many seconds of the window that began with the first failure can be left at a refusal; true after that window. */
function isLeft(seconds: number, first: Asked, { at, ms }: Asked): boolean {
  const most = windowS - (at - first.at - first.ms) / 1_000;
  const least = windowS - (at + ms - first.at) / 1_000;
  return least <= 0 || (seconds >= least - slackS && seconds <= most + slackS);
}
