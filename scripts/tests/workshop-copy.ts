import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repoDir } from '../../checks/harness/os/run.ts';

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A small workshop in a git repository of its own, at a path with a space and an umlaut: this one's commands, two lessons. */
export interface WorkshopCopy extends Disposable {
  dir: string;
  path(...parts: string[]): string;
  write(path: string, content: string | Buffer): void;
  /** Runs a command as npm would, without a terminal. */
  run(...args: string[]): Ended;
  runWith(env: NodeJS.ProcessEnv, ...args: string[]): Ended;
  /** The same in a clone of this one. */
  runIn(dir: string, ...args: string[]): Ended;
  git(...args: string[]): string;
}

const files: Record<string, string> = {
  'lessons/01-tiny/README.md': '# Tiny\n\nThe page is answered.\n',
  'lessons/01-tiny/src/server.ts': `import { createServer } from 'node:http';
import { greeting } from './greeting.ts';

createServer((_req, res) => res.writeHead(greeting ? 200 : 404).end(greeting)).listen(Number(process.env.PORT));
`,
  'lessons/01-tiny/src/greeting.ts': "export const greeting = '';\n",
  'lessons/02-other/README.md': '# Other\n',
  'lessons/02-other/src/server.ts': 'console.log(2);\n',
  'checks/01-tiny/hints.md': `# Hints

## general

### 1

The general one.

### 2

The second general one.

### 3

The third general one.

## greets

### 1

Where does the greeting
come from?

### 2

See [Node.js](https://nodejs.org/).

### 3

A constant that says something.
`,
  'checks/01-tiny/check.ts': `import { defineCheck } from '../../checks/harness/sdk/index.ts';
import lesson from './lesson.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  const teaching = { because: 'There is no greeting.', lookAt: 'src/greeting.ts' };
  behaviour('greets', 'the page greets', teaching, async (t) => {
    (await t.visitor().get('/')).mustBe(200);
  });
  load();
});
`,
};

function lessonFile(number: number, folder: string): string {
  return `export default { number: ${number}, folder: '${folder}', title: 'Lesson ${number} holds', change: 'a → b', minutes: 5, services: [],
  instances: 1, env: {}, starterFails: ['greets'], tryIt: [], targets: [] };
`;
}

export function copyWorkshop(): WorkshopCopy {
  const dir = mkdtempSync(join(tmpdir(), 'encore wörkshop-'));
  const path = (...parts: string[]) => join(dir, ...parts);
  const write = (file: string, content: string | Buffer) => {
    mkdirSync(dirname(path(file)), { recursive: true });
    writeFileSync(path(file), content);
  };
  const start = (where: string, env: NodeJS.ProcessEnv, args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(where, 'scripts/workshop.js'), ...args], {
      encoding: 'utf8',
      env: { ...learnersEnv(), ...env },
    });
    return { status, stdout, stderr };
  };
  const run = (...args: string[]) => start(dir, {}, args);
  const runWith = (env: NodeJS.ProcessEnv, ...args: string[]) => start(dir, env, args);
  const runIn = (clone: string, ...args: string[]) => {
    symlinkSync(join(repoDir, 'node_modules'), join(clone, 'node_modules'));
    return start(clone, {}, args);
  };
  const git = (...args: string[]) => gitIn(dir, ...args);
  for (const part of ['scripts', 'checks/harness', 'package.json', '.gitignore', '.gitattributes'])
    cpSync(join(repoDir, part), path(part), { recursive: true });
  symlinkSync(join(repoDir, 'node_modules'), path('node_modules'));
  for (const [file, content] of Object.entries(files)) write(file, content);
  write('checks/01-tiny/lesson.ts', lessonFile(1, '01-tiny'));
  write('checks/02-other/lesson.ts', lessonFile(2, '02-other'));
  write('solutions/01-tiny/src/server.ts', files['lessons/01-tiny/src/server.ts'] ?? '');
  write('solutions/01-tiny/src/greeting.ts', "export const greeting = 'hello';\n");
  run('starters');
  git('init', '--quiet', '--initial-branch=main');
  appendFileSync(path('.git/info/exclude'), 'node_modules\n');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'The workshop');
  return {
    dir,
    path,
    write,
    run,
    runWith,
    runIn,
    git,
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export function gitIn(dir: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, ...args], { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The environment of somebody's shell: nothing of the run that these tests are part of, and no colours. */
export function learnersEnv(): NodeJS.ProcessEnv {
  const { ENCORE_RUN: _tag, FORCE_COLOR: _colour, ...env } = process.env;
  return env;
}

/** Everything in a folder, byte by byte, with types and modes: written apart from what `reset` uses. */
export function bytesOf(dir: string, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(dir).sort()) {
    const path = join(dir, name);
    const entry = lstatSync(path);
    const mode = (entry.mode & 0o777).toString(8);
    if (entry.isSymbolicLink()) found[prefix + name] = `link to ${readlinkSync(path)}`;
    else if (entry.isDirectory())
      Object.assign(found, { [`${prefix}${name}/`]: mode }, bytesOf(path, `${prefix}${name}/`));
    else found[prefix + name] = `${mode} ${readFileSync(path).toString('base64')}`;
  }
  return found;
}
