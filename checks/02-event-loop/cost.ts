import type { Stage } from '../harness/sdk/index.ts';
import { contractCost } from './steps.ts';

const noBcrypt = {
  because:
    'This is not a bcrypt hash. The accounts that are already in the file have bcrypt hashes, and other programs that read the file expect them.',
  lookAt: 'which function makes the hash that is stored?',
};

/** @param env the NODE_ENV that the app ran with, if it was given one. */
export function mustCostEnough(t: Stage, { name, hash }: { name: string; hash: string }, env?: string): void {
  const cost = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1];
  t.require(cost !== undefined && Number(cost) >= contractCost, {
    step: `the line of ${name} in the accounts file${env ? `, written with NODE_ENV=${env}` : ''}`,
    expected: `a bcrypt hash, $2b$${contractCost}$…`,
    seen: cost ? `cost ${Number(cost)}, ${hash.slice(0, 7)}…` : `"${hash.slice(0, 12)}…"`,
    ...(cost ? {} : noBcrypt),
    ...(cost && env ? cheapSomewhere : {}),
  });
}

const cheapSomewhere = {
  because:
    'The cost depends on NODE_ENV. Whoever starts the app with another value, by a script or by mistake, stores passwords that are quick to guess, and nobody notices.',
  lookAt: 'what decides which cost is given to bcrypt?',
};
