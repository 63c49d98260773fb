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

/** What an app may know of the machine. The learner's own PORT, REDIS_URL and NODE_OPTIONS must not leak in. */
export function inheritedEnv(): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
