const names = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'TEMP',
  'TMP',
  'SystemRoot',
  'WEB_CONCURRENCY',
];

/** Names a folder in which apps that are started often find their packages compiled. Set by whoever judges many of them. */
export const compiledApps = 'ENCORE_COMPILED_APPS';

/** What an app may know of the machine. The learner's own PORT, REDIS_URL and NODE_OPTIONS must not leak in. */
export function inheritedEnv(): Record<string, string> {
  const compiled = process.env[compiledApps];
  return {
    ...Object.fromEntries(
      names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled }),
  };
}
