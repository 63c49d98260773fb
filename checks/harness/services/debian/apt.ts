import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, runCommand } from '../../os/command.ts';
import type { Run } from '../../os/run.ts';

/** The package tools of Debian and Ubuntu, used without root and without changing anything of the machine. */
export interface Apt {
  /** Downloads packages into a folder. Returns the files. */
  download(packages: string[], folder: string): Promise<string[]>;
  /** Fetches package lists into a folder of our own, used from then on instead of the machine's. */
  fetchLists(): Promise<void>;
  /** For each package, what it depends on: in each entry one of the alternatives is needed. */
  dependencies(name: string): Promise<Map<string, string[][]>>;
  installed(): Promise<Set<string>>;
  unpack(file: string, folder: string): Promise<void>;
}

export interface AptOptions {
  env: NodeJS.ProcessEnv;
  run: Run;
  /** Scratch folder for apt's state. */
  dir: string;
  /** Milliseconds that are left for all commands together. */
  leftMs(): number;
}

/** The tools that this needs and that PATH lacks. */
export function missingAptTools(env: NodeJS.ProcessEnv): string[] {
  return ['apt-get', 'apt-cache', 'apt-config', 'dpkg', 'dpkg-query'].filter((name) => !findOnPath([name], env));
}

/** Prepares apt with its caches in `dir`. */
export async function openApt({ env, run, dir, leftMs }: AptOptions): Promise<Apt> {
  const configFile = join(dir, 'apt.conf');
  const aptEnv: NodeJS.ProcessEnv = { ...env, LC_ALL: 'C' };

  async function tool(name: string, args: string[], cwd = dir): Promise<string> {
    const file = findOnPath([name], env) ?? name;
    const { exitCode, stdout, stderr } = await runCommand(file, args, { env: aptEnv, cwd, run, limitMs: leftMs() });
    if (exitCode === 0) return stdout;
    const lines = stderr.split('\n').filter((line) => line.startsWith('E:') || line.startsWith('dpkg'));
    throw new Error(`${name} ${args[0]}: ${lines[0] ?? (stderr.trim().split('\n')[0] || `exit code ${exitCode}`)}`);
  }

  async function configure(ownLists: boolean): Promise<void> {
    for (const folder of ['cache/archives/partial', 'lists/partial']) mkdirSync(join(dir, folder), { recursive: true });
    // The machine's settings (proxies, mirrors, keys) without its hooks: those act on the whole machine.
    const machine = (await tool('apt-config', ['dump'])).split('\n').filter((line) => !leaveOut.test(line));
    writeFileSync(configFile, `${[...machine, ...ownSettings(dir, ownLists)].join('\n')}\n`);
    aptEnv.APT_CONFIG = configFile;
  }

  await configure(false);
  return {
    async download(packages, folder) {
      await tool('apt-get', ['download', ...packages], folder);
      return readdirSync(folder)
        .filter((name) => name.endsWith('.deb'))
        .map((name) => join(folder, name));
    },
    async fetchLists() {
      delete aptEnv.APT_CONFIG;
      await configure(true);
      await tool('apt-get', ['update']);
    },
    dependencies: async (name) => parseDependencies(await tool('apt-cache', ['depends', ...dependsOptions, name])),
    async installed() {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are those of dpkg-query.
      const rows = (await tool('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n'])).split('\n');
      return new Set(rows.flatMap((row) => (row.endsWith(' installed') ? (row.split(' ')[0] ?? []) : [])));
    },
    async unpack(file, folder) {
      await tool('dpkg', ['-x', file, folder]);
    },
  };
}

// Where a setting comes twice, the later line holds: ours.
const leaveOut = /^(APT::Update|DPkg|Dir::Etc::(main|parts)|Dir::Cache)\b/i;

function ownSettings(dir: string, ownLists: boolean): string[] {
  // What apt would fetch besides lists of binary packages: descriptions of programs, icons, sources.
  const targets = [
    'deb::DEP-11',
    'deb::DEP-11-icons',
    'deb::DEP-11-icons-small',
    'deb::DEP-11-icons-large',
    'deb::CNF',
  ];
  return [
    'Dir::Etc::main "/dev/null";',
    'Dir::Etc::parts "/dev/null";',
    `Dir::Cache "${dir}/cache";`,
    'Debug::NoLocking "true";',
    'APT::Sandbox::User "root";', // Else root downloads as a user that can't write to our folder.
    'Acquire::Languages "none";',
    'Acquire::Retries "1";',
    'Acquire::http::Timeout "10";',
    'Acquire::https::Timeout "10";',
    ...[...targets, 'deb-src::Sources'].map((target) => `Acquire::IndexTargets::${target}::DefaultEnabled "false";`),
    ...(ownLists ? [`Dir::State::lists "${dir}/lists";`] : []),
  ];
}

const dependsOptions = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances']
  .map((kind) => `--no-${kind}`)
  .concat('--recurse');

/** Reads lines such as "redis-tools", "  Depends: libc6", " |Depends: one", "  Depends: other". */
export function parseDependencies(text: string): Map<string, string[][]> {
  const found = new Map<string, string[][]>();
  let entries: string[][] = [];
  let alternatives: string[] = [];
  for (const line of text.split('\n')) {
    const [, more, name] = /^ ([ |])(?:Pre)?Depends: (.+)$/.exec(line) ?? [];
    if (name) {
      alternatives.push(name);
      if (more === '|') continue;
      entries.push(alternatives);
      alternatives = [];
    } else if (/^[a-z0-9]/.test(line)) {
      entries = [];
      found.set(line.trim(), entries);
    }
  }
  return found;
}
