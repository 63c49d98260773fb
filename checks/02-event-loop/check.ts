import { defineCheck } from '../harness/sdk/index.ts';
import { accountBehaviours } from './accounts.ts';
import { gathered } from './gathered.ts';
import { heldNameBehaviour } from './held-name.ts';
import lesson from './lesson.ts';
import { logInBehaviours } from './log-ins.ts';
import { manyAccountsBehaviour } from './many-accounts.ts';
import { signUpBehaviours } from './sign-ups.ts';
import { contractCost, hashCostMs } from './steps.ts';
import { termsBehaviours } from './terms.ts';
import { termsLoopBehaviour } from './terms-loop.ts';
import { tornWriteBehaviour } from './torn-write.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  const together = gathered();
  manyAccountsBehaviour(behaviour);
  signUpBehaviours(behaviour, together);
  logInBehaviours(behaviour, together);
  accountBehaviours(behaviour, together);
  heldNameBehaviour(behaviour);
  termsBehaviours(behaviour);
  termsLoopBehaviour(behaviour);
  tornWriteBehaviour(behaviour);

  load(() => {
    const hashMs = hashCostMs();
    // Whole virtual users, and few: Artillery keeps a core busy when more than forty a second come.
    const arrivalRate = Math.max(1, Math.round(450 / hashMs));
    const share = Math.round((arrivalRate * hashMs) / 10);
    return {
      phases: [{ duration: 6, arrivalRate }],
      variables: { healthChecksEach: Math.round(30 / arrivalRate) },
      note: `one hash of cost ${contractCost} takes ${Math.round(hashMs)} ms of CPU here: ${arrivalRate} sign-ups/s are ${share} % of a core, beside 30 health checks/s`,
    };
  });
});
