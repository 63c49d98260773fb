import { defineCheck } from '../harness/sdk/index.ts';
import { atOnceBehaviour } from './at-once.ts';
import { clocksBehaviour } from './clocks.ts';
import { routesBehaviour, sharedBehaviour } from './counting.ts';
import { exportsBehaviour } from './exports.ts';
import { headersBehaviour, healthBehaviour, memoryBehaviour } from './further.ts';
import { identityBehaviours, loginAddressesBehaviour } from './identity.ts';
import lesson from './lesson.ts';
import { botWatch } from './load-watch.ts';
import { loginBehaviour } from './logins.ts';
import { redisAwayBehaviour, slowRedisBehaviour } from './outage.ts';
import { refusalsBehaviour } from './refusals.ts';
import { unlistedBehaviour } from './unlisted.ts';
import { otherWindowsBehaviour, slidesBehaviour } from './windows.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  routesBehaviour(behaviour);
  sharedBehaviour(behaviour);
  slidesBehaviour(behaviour);
  identityBehaviours(behaviour);
  loginBehaviour(behaviour);
  loginAddressesBehaviour(behaviour);
  exportsBehaviour(behaviour);
  unlistedBehaviour(behaviour);
  otherWindowsBehaviour(behaviour);
  refusalsBehaviour(behaviour);
  atOnceBehaviour(behaviour);
  redisAwayBehaviour(behaviour);

  headersBehaviour(behaviour);
  memoryBehaviour(behaviour);
  clocksBehaviour(behaviour);
  healthBehaviour(behaviour);
  slowRedisBehaviour(behaviour);

  load(async (t) => {
    await t.restart(undefined, { env: { WINDOW_S: '3' } });
    return { watch: () => botWatch(t) };
  });
});
