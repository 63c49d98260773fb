import { defineCheck } from '../harness/sdk/index.ts';
import { itemsAtOnce } from './at-once.ts';
import { cookieFlags, fixation } from './cookie.ts';
import { anonymous, keysExpire } from './left-in-redis.ts';
import lesson from './lesson.ts';
import { readBack } from './log-in.ts';
import { logoutEverywhere } from './log-out.ts';
import { redisDown } from './outage.ts';
import { renewal } from './renewal.ts';
import { renewalInBrowser } from './renewal-in-browser.ts';
import { answeredIsStored, basketFollows, otherInstance, survivesRestart } from './shared.ts';
import { wrongPassword } from './wrong-password.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  readBack(behaviour);
  wrongPassword(behaviour);
  otherInstance(behaviour);
  basketFollows(behaviour);
  survivesRestart(behaviour);
  logoutEverywhere(behaviour);
  answeredIsStored(behaviour);
  anonymous(behaviour);
  keysExpire(behaviour);
  fixation(behaviour);
  // These run in the background while the others are judged.
  renewal(behaviour);

  cookieFlags(behaviour);
  redisDown(behaviour);
  renewalInBrowser(behaviour);
  itemsAtOnce(behaviour);

  load(() => ({ phases: [{ duration: 5, arrivalRate: 10 }] }));
});
