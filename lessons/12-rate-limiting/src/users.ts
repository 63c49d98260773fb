import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

export interface User {
  username: string;
  salt: string;
  /** scrypt of the password, 32 bytes in hexadecimal. */
  hash: string;
}

/** About 8 ms a password, so that a demo logs in quickly. For real passwords: N = 2 ** 17. */
const cost: ScryptOptions = { N: 2 ** 12, r: 8, p: 1 };

/** Passwords: ada analytical, grace nanosecond, linus penguin, margaret priority. */
const users: User[] = [
  {
    username: 'ada',
    salt: 'ff5f3088eb77740a9a3dba25e38300be',
    hash: '3a873c67048df97c4ce661071d6b0916a830a8f60be1f2c656514980da3623f7',
  },
  {
    username: 'grace',
    salt: '62208dc4eca7073924585aca5da5f4df',
    hash: 'f8be440870b425173c8db1eb3f0bb4ab2e2a0ab54a65b82fbdd8fe1f983d91ae',
  },
  {
    username: 'linus',
    salt: '17280fc0b6764aa157fd78b41c905b3e',
    hash: '28872f2abc5ce3d2e9dfd4e3ec982a9885208776695b9f14a3593c1ff7a771a6',
  },
  {
    username: 'margaret',
    salt: '991acc21f3ca4c113e764a3bea7e75c9',
    hash: '60ff46312c5982c316497de3a21e836b7b95fb9d50a623e6647d95ee505841d1',
  },
];

const usersByName = new Map(users.map((user) => [user.username, user]));
/** Compared with when there is no such user, so that the time taken doesn't tell who has an account. */
const nobody: User = { username: '', salt: '00'.repeat(16), hash: '00'.repeat(32) };

/** The user, if the password is right. */
export async function authenticate(username: string, password: string): Promise<User | undefined> {
  const user = usersByName.get(username) ?? nobody;
  const key = await scryptKey(password, Buffer.from(user.salt, 'hex'));
  return timingSafeEqual(key, Buffer.from(user.hash, 'hex')) && user !== nobody ? user : undefined;
}

function scryptKey(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
