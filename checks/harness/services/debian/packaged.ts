/** A program and the environment that it needs. */
export interface Binary {
  file: string;
  env: NodeJS.ProcessEnv;
}

/** A program that Debian and Ubuntu have packages of, and what of them is needed to run it. */
export interface Packaged {
  /** "redis": begins the name of the file that remembers a failed download. */
  key: string;
  /** As the learner reads it: "redis-server". */
  title: string;
  /** What is downloaded: "about 1.4 MB". */
  size: string;
  /** Packages that hold it, the preferred one first. */
  packages: readonly string[];
  /** The program's file in an unpacked package. */
  programIn(dir: string): string | undefined;
  /** "redis-server 7.0.15". Rejects when the program does not run here, with what it said. */
  versionOf(binary: Binary): Promise<string>;
  /** Which of the alternatives that a package depends on is unpacked, too, if any. */
  choose(alternatives: readonly string[], installed: ReadonlySet<string>, name: string): string | undefined;
}

/** "nginx" for the package nginx, "redis" for redis-server: how the folder in the cache begins. */
export const folderPrefix = (name: string): string => name.replace(/-server$/, '');

/** The package of the program, and those that it needs and this machine lacks. */
export function needed(
  { choose }: Pick<Packaged, 'choose'>,
  name: string,
  dependencies: ReadonlyMap<string, string[][]>,
  installed: ReadonlySet<string>,
): string[] {
  const chosen = [name];
  for (const one of chosen) {
    for (const alternatives of dependencies.get(one) ?? []) {
      const wanted = choose(alternatives, installed, name);
      if (wanted && !chosen.includes(wanted)) chosen.push(wanted);
    }
  }
  return chosen;
}
