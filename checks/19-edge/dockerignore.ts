/** What a .dockerignore keeps out of the build context: the last pattern that matches a path, or a folder above it, decides. */
export function ignoredBy(text: string): (path: string) => boolean {
  const patterns = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => {
      const isException = line.startsWith('!');
      const pattern = (isException ? line.slice(1) : line)
        .trim()
        .replace(/^\.?\//, '')
        .replace(/\/$/, '');
      return { isException, matches: matcherOf(pattern) };
    });
  return (path) => {
    const parts = path.split('/');
    const paths = parts.map((_, at) => parts.slice(0, at + 1).join('/'));
    return patterns.reduce(
      (ignored, { isException, matches }) => (paths.some(matches) ? !isException : ignored),
      false,
    );
  };
}

/** Patterns of Go's filepath.Match, and ** for any number of folders. */
function matcherOf(pattern: string): (path: string) => boolean {
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|\[\^?[^\]]*\]|[.+^${}()|\\\]]/g, (found) => {
    if (found === '**/') return '(?:.*/)?';
    if (found === '**') return '.*';
    if (found === '*') return '[^/]*';
    if (found === '?') return '[^/]';
    return found.startsWith('[') ? found : `\\${found}`;
  });
  const whole = new RegExp(`^${source}$`);
  return (path) => pattern === '.' || whole.test(path);
}
