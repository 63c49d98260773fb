import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

export interface User {
  username: string;
  name: string;
  salt: string;
  /** scrypt of the password, 32 bytes in hexadecimal. */
  hash: string;
}

/** About 8 ms a password, so that a demo logs in quickly. For real passwords: N = 2 ** 17. */
const cost: ScryptOptions = { N: 2 ** 12, r: 8, p: 1 };

/** Passwords: ada analytical, grace nanosecond, linus penguin. */
const users: User[] = [
  {
    username: 'ada',
    name: 'Ada Lovelace',
    salt: '3d55ea94f46b01dc1c49dbbf04c1d6e9',
    hash: 'f4cba2d8e699a19574e40eceab8b998bce213f2bb0eb8da84d4dc9beb209b0cc',
  },
  {
    username: 'grace',
    name: 'Grace Hopper',
    salt: '2f51cd3de8e2b7395dc5ec44d0bcbe9f',
    hash: 'dba86dc839f1729069308282fa97aacc67d2ff293e7b081bdba3294615b2b4a2',
  },
  {
    username: 'linus',
    name: 'Linus Torvalds',
    salt: 'f617b210f2206c6a119961c7cc41070d',
    hash: 'f998ed83b0a616cdf14d2b60e2ac5ad2675a9b309b9d14a86523ba268c79d9be',
  },
];

const usersByName = new Map(users.map((user) => [user.username, user]));
/** Compared with when there is no such user, so that the time taken doesn't tell who has an account. */
const nobody: User = { username: '', name: '', salt: '00'.repeat(16), hash: '00'.repeat(32) };

export function findUser(username: string): User | undefined {
  return usersByName.get(username);
}

/** The user, if the password is right. */
export async function authenticate(username: unknown, password: unknown): Promise<User | undefined> {
  if (typeof username !== 'string' || typeof password !== 'string') return undefined;
  const user = findUser(username) ?? nobody;
  const key = await scryptKey(password, Buffer.from(user.salt, 'hex'));
  return timingSafeEqual(key, Buffer.from(user.hash, 'hex')) && user !== nobody ? user : undefined;
}

function scryptKey(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
