// What is missing of the installed packages. Like the door that asks it, in syntax that any Node with ES modules reads.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Each package manager writes its own when an install has come to its end. */
const endMarks = ['.package-lock.json', '.modules.yaml', '.yarn-integrity', '.yarn-state.yml'];
/** Checks don't run without these; other optional packages have somebody who takes their place, or says what is missing. */
const neededOptional = /^node_modules\/@rolldown\/binding-/;

/**
 * Why the packages below `dir` are not what package.json and the lock file ask for, and what to do about it, in a
 * sentence or two. Undefined when all are there. It takes some milliseconds.
 */
export function problemOfInstall(dir) {
  const modules = join(dir, 'node_modules');
  if (!existsSync(modules)) {
    return existsSync(join(dir, '.pnp.cjs'))
      ? 'Yarn has installed the packages without a node_modules folder, which the workshop needs. Run: npm install'
      : 'The packages are not installed yet. Run: npm install';
  }
  if (!endMarks.some((mark) => existsSync(join(modules, mark))))
    return 'The packages are there in part: an install did not come to its end. Run it again: npm install';
  const manifest = readJson(join(dir, 'package.json'));
  const direct = Object.entries(Object.assign({}, manifest.dependencies, manifest.devDependencies));
  const missing = direct.map(([name]) => name).filter((name) => !isThere(join(modules, name)));
  for (const path of transitive(dir)) if (!isThere(join(dir, path))) missing.push(path.slice('node_modules/'.length));
  if (missing.length > 0) {
    const names = Array.from(new Set(missing));
    const which =
      names.length > 3 ? `${names.length} packages are` : `${names.join(', ')} ${names.length > 1 ? 'are' : 'is'}`;
    return `${which} missing in node_modules. Run: npm install`;
  }
  for (const [name, wanted] of direct) {
    const { version } = readJson(join(modules, name, 'package.json'));
    if (/^\d/.test(wanted) && version !== wanted)
      return `The workshop has changed since the last install: it needs ${name} ${wanted}, and ${version} is installed. Run: npm install`;
  }
  return problemOfBinding(dir);
}

/** npm leaves out an optional package that does not run with the Node that npm itself runs with, and says nothing. */
function problemOfBinding(dir) {
  const fitting = Object.entries(lockedBy(dir))
    .filter(([path, entry]) => neededOptional.test(path) && fits(entry))
    .map(([path]) => path);
  // One for each C library: npm brings one of them, or, before npm 11, all.
  if (fitting.length === 0 || fitting.some((path) => isThere(join(dir, path)))) return undefined;
  const name = fitting[0].slice('node_modules/'.length);
  const again = existsSync(join(dir, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node'))
    ? `PATH="$PWD/node_modules/node-linux-${process.arch}/bin:$PATH" npm install`
    : 'npm install';
  return `${name} is missing in node_modules: npm leaves it out when it runs with Node 20.18 or older. Run: ${again}`;
}

/** Where npm installs what the packages themselves need, from its lock file; another package manager has its own places. */
function transitive(dir) {
  return Object.entries(lockedBy(dir))
    .filter(([path, entry]) => path !== '' && !entry.optional && !entry.link)
    .map(([path]) => path);
}

function lockedBy(dir) {
  if (!existsSync(join(dir, 'node_modules/.package-lock.json')) || !existsSync(join(dir, 'package-lock.json')))
    return {};
  return readJson(join(dir, 'package-lock.json')).packages;
}

const fits = ({ os, cpu }) => os && os.includes(process.platform) && cpu && cpu.includes(process.arch);
const isThere = (folder) => existsSync(join(folder, 'package.json'));
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
