import { type Answer, type CheckDefinition, excerpt, type Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import type { Try } from './history.ts';
import { exports, failedLogins, type Limit, newAccount, newAddress, reads } from './limits.ts';
import { newUser } from './new-users.ts';
import { leftOf, retryAfterBehaviour, retryAfterOf, surelyIfCounted } from './retry-after.ts';
import { untilSure } from './sure.ts';

/** What the table says for who sets nothing, as these instances. */
const defaultWindowsS = new Map([
  [reads, 60],
  [failedLogins, 60],
  [exports, 3_600],
]);

/** Line 6. */
export function refusalsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'problem',
    'each 429 is a problem and says when to come again',
    {
      because: 'A client that is told nothing but “no” can only try again, and it does so at once.',
      lookAt: 'who writes this 429, and which headers and which body does it have?',
    },
    async (t) => {
      for (const limit of [reads, failedLogins, exports]) {
        await untilSure(t, async () => {
          const { token } = await newUser(t, 'grace');
          await t.redis.clear();
          const options = {
            apps: [t.app(1), t.app(2)],
            from: newAddress(),
            username: newAccount(),
            windowS: defaultWindowsS.get(limit) ?? 0,
          };
          const client = new Client(t, limit, {
            ...options,
            token: limit === exports ? token : undefined,
            headers: (n): Record<string, string> => (n === limit.most + 2 ? { accept: asBrowsers } : {}),
          });
          const answers = await client.asks(limit.most + 3);
          t.trail.begin(`${answers.length} ${limit.what} of one client`);
          const [refused, ofBrowser] = answers.slice(-2) as [Answer, Answer];
          mustBeProblem(t, refused);
          mustKnowItsWindow(t, client, refused, limit);
          t.trail.begin(`${answers.length} ${limit.what} of one client, the last with “Accept: ${asBrowsers}”`);
          mustBeProblem(t, ofBrowser);
        });
      }
    },
  );

  retryAfterBehaviour(behaviour);
}

/** What a browser prefers. The contract says the same to everybody. */
const asBrowsers = 'text/html,application/xhtml+xml,*/*;q=0.8';

function mustBeProblem(t: Stage, refused: Answer): void {
  refused.mustBe(429, {
    because: 'More have passed than may, and one more passes. So there is no 429 that could say anything.',
    lookAt: 'which limit covers this request, and where is its count kept?',
  });
  const type = refused.headers['content-type'] ?? 'no content-type';
  const { title, status } = refused.json ?? {};
  t.require(/^application\/problem\+json\b/.test(type) && typeof title === 'string' && status === 429, {
    expected: 'application/problem+json with a title and "status":429',
    seen: `${type}: ${excerpt(refused.text)}`,
  });
}

/** Without its variable: Retry-After tells the window, as the first one leaves it last. */
function mustKnowItsWindow(t: Stage, client: Client, refused: Answer, limit: Limit): void {
  const retryAfterS = retryAfterOf(t, refused);
  const { windowMs, most } = client.rule;
  const left = leftOf(client.tries[0] as Try, refused, windowMs);
  const leastS = client.passed === most ? Math.ceil(left.least / 1_000) : 1;
  const mostS = Math.ceil((left.most + 0.1 * windowMs) / 1_000);
  surelyIfCounted(
    client,
    limit,
  )(() =>
    t.require(retryAfterS >= leastS && retryAfterS <= mostS, {
      expected: `Retry-After: ${leastS} to ${mostS}`,
      seen: `Retry-After: ${retryAfterS}`,
      ...(retryAfterS === leastS - 1 ? tooShort : notItsWindow(limit, windowMs)),
    }),
  );
}

const tooShort = {
  because:
    'Whoever comes after so many seconds is refused again: a part of a second is still left. Seconds that are rounded down do that.',
  lookAt: 'how are the milliseconds that are left made seconds?',
};

function notItsWindow({ what }: Limit, windowMs: number) {
  return {
    because: `The variable with the window of ${what} is not set, so the window is ${windowMs / 1_000} s. A place becomes free when the first of them is that old.`,
    lookAt:
      'which number does the app take when the variable is missing, and of which request does it count the seconds?',
  };
}
