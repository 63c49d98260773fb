export interface Credentials {
  name: string;
  password: string;
}

/** bcrypt reads no further than this, so what comes after would not count. */
const maxPasswordBytes = 72;

/** What a client may sign up or log in with, or undefined if the body is no such thing. */
export function parseCredentials(body: unknown): Credentials | undefined {
  const { name, password } = (body ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || !/^[a-z0-9-]{3,40}$/.test(name)) return undefined;
  if (typeof password !== 'string' || password.length <= 8) return undefined;
  if (Buffer.byteLength(password) > maxPasswordBytes) return undefined;
  return { name, password };
}
