import type { Stage } from '../harness/sdk/index.ts';
import { crowdAndHealth, type Meanwhile } from './crowds.ts';
import { type DiskTrouble, diskTrouble } from './disk.ts';
import { type Credentials, linesOf, newcomer, once } from './steps.ts';

// A hash takes a quarter of a second, so one crowd of six serves several behaviours. A right app computes 14 in all.
export const crowdSize = 6;

/** What several behaviours judge, gathered by the first one that asks. */
export interface Gathered {
  signUps(t: Stage): Promise<Meanwhile & { members: Credentials[]; notOnDisk: string[] }>;
  logIns(t: Stage): Promise<Meanwhile & { right: Credentials[]; wrong: Credentials; unknown: Credentials }>;
  disk(t: Stage): Promise<DiskTrouble | undefined>;
}

export function gathered(): Gathered {
  const signUps = once(async (t) => {
    const members = Array.from({ length: crowdSize }, newcomer);
    const notOnDisk: string[] = [];
    const meanwhile = await crowdAndHealth(t, '/accounts', members, (answer, { name }) => {
      if (answer.status === 201 && linesOf(t, name).length === 0) notOnDisk.push(name);
    });
    return { ...meanwhile, members, notOnDisk };
  });
  const logIns = once(async (t) => {
    const { members } = await signUps(t);
    const right = members.slice(0, 2);
    const wrong = { ...(members[2] as Credentials), password: 'not her password' };
    const unknown = newcomer();
    return { ...(await crowdAndHealth(t, '/login', [...right, wrong, unknown])), right, wrong, unknown };
  });
  return { signUps, logIns, disk: once(diskTrouble) };
}
