import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import bcrypt from 'bcrypt';
import type { Answer, Stage } from '../harness/sdk/index.ts';
import { crowdAndHealth, type Meanwhile } from './crowds.ts';
import { type DiskTrouble, diskTrouble } from './disk.ts';
import { type Credentials, cheapCost, linesOf, newcomer, once, patienceMs } from './steps.ts';

// A hash takes a quarter of a second, so one crowd of six serves several behaviours.
export const crowdSize = 6;
/** 72 bytes in 36 characters: bcrypt reads all of it, and nothing that comes after. */
const longestPassword = 'ü'.repeat(36);
const shortestPassword = '8 chars!';
/** Spaces at its ends, upper case, an accent of its own, a ligature: another text if it is trimmed or normalised. */
const unusualPassword = ' Cafe\u0301 of the \ufb01ve ';
/** No line after that is not late any more, but lost. */
export const lateWithinMs = 10_000;

/** What several behaviours judge, gathered by the first one that asks. */
export interface Gathered {
  /** `notOnDisk`: no line when the 201 came. `neverOnDisk`: none either when all six were answered and the app was idle. */
  signUps(t: Stage): Promise<
    Meanwhile & {
      members: Credentials[];
      /** One of them, and what they were told when they logged in before they had signed up. */
      eager: Credentials;
      tooEarly: Answer;
      notOnDisk: string[];
      neverOnDisk: string[];
      neighbour: Credentials;
    }
  >;
  logIns(t: Stage): Promise<Meanwhile & { right: Credentials[]; wrong: Credentials; unknown: Credentials }>;
  disk(t: Stage): Promise<DiskTrouble | undefined>;
}

export function gathered(): Gathered {
  const signUps = once(async (t) => {
    const members = Array.from({ length: crowdSize }, newcomer);
    (members[0] as Credentials).password = longestPassword;
    (members[1] as Credentials).password = unusualPassword;
    (members[2] as Credentials).password = shortestPassword;
    // The longest name and the shortest.
    for (const [index, length] of [
      [3, 40],
      [4, 3],
    ] as const) {
      const member = members[index] as Credentials;
      member.name = member.name.replace('guest', '').padStart(length, '-');
    }
    const eager = members[5] as Credentials;
    const tooEarly = await t.visitor().post('/login', eager, { deadlineMs: patienceMs });
    tooEarly.is(401); // Judged with the log-ins.
    const neighbour = addedByAnother(t.file('ACCOUNTS_FILE'));
    const notOnDisk: string[] = [];
    const meanwhile = await crowdAndHealth(t, '/accounts', members, (answer, { name }) => {
      if (answer.status === 201 && linesOf(t, name).length === 0) notOnDisk.push(name);
    });
    const told201 = members.filter((member) => meanwhile.answers.get(member)?.status === 201);
    const missing = () => told201.filter(({ name }) => linesOf(t, name).length === 0).map(({ name }) => name);
    // An app that answers before it hashes writes late, and has lost nothing. Six hashes take long on a busy machine.
    const patient = performance.now() + lateWithinMs;
    while (missing().length > 0 && performance.now() < patient) await delay(20);
    return { ...meanwhile, members, eager, tooEarly, notOnDisk, neverOnDisk: missing(), neighbour };
  });
  const logIns = once(async (t) => {
    const { members } = await signUps(t);
    const right = members.slice(0, 2);
    // Beside the right one of the same name: two log-ins must not share what one of them has found out.
    const wrong = { ...(members[0] as Credentials), password: 'not her password' };
    // A name by the contract, and one that every object seems to have.
    const unknown = { name: 'constructor', password: 'the password of nobody' };
    return { ...(await crowdAndHealth(t, '/login', [...right, wrong, unknown])), right, wrong, unknown };
  });
  return { signUps, logIns, disk: once(diskTrouble) };
}

/** An account that another program writes while the app runs. */
function addedByAnother(file: string): Credentials {
  const neighbour = newcomer();
  const hash = bcrypt.hashSync(neighbour.password, cheapCost);
  appendFileSync(file, `${JSON.stringify({ name: neighbour.name, hash })}\n`);
  return neighbour;
}
