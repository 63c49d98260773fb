// The door to every command, behind door.cjs. Plain JavaScript in old syntax, so that any Node since 12.20 can say what is missing.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { problemOfInstall } from './installed.js';

const repoDir = fileURLToPath(new URL('..', import.meta.url));
const brought = nodeFromRegistry();
const problem = problemOfInstall(repoDir);

if (problem) refuse(problem);
else if (brought.file && realpathSync(process.execPath) !== realpathSync(brought.file)) runWith(brought.file);
else if (process.env.NODE_OPTIONS) runWith(process.execPath);
else runHere(brought.problem);

function refuse(sentence) {
  console.error(sentence);
  process.exitCode = 2;
}

/** @param whyNotBrought why it is not the Node that package.json pins, if it is not. */
function runHere(whyNotBrought) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 18)) {
    refuse(`This is Node ${process.versions.node}; the workshop needs 22.18 or newer, and ${whyNotBrought}`);
    return;
  }
  import('./cli.ts')
    .then(({ main }) => main(process.argv.slice(2)))
    // Whatever a library left open must not keep the learner waiting.
    .then((exitCode) => process.exit(exitCode));
}

/**
 * The Node that package.json pins, if there is one for this machine. npm from 11 on puts it in front of the system's by
 * itself. Older ones, such as the one that comes with Node 20, drop its link: packages for other platforms, which they
 * leave out, would have had it, too.
 */
function nodeFromRegistry() {
  const { platform, arch } = process;
  const known = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).optionalDependencies;
  const name = [`node-${platform === 'win32' ? 'win' : platform}-${arch}`, `node-bin-${platform}-${arch}`].find(
    (candidate) => Object.keys(known).includes(candidate),
  );
  if (!name)
    return {
      problem: `it brings none for ${platform} ${arch}. Install Node 24 or newer from nodejs.org, then run: npm install`,
    };
  if (hasOtherLibrary())
    return { problem: 'the one that it brings needs glibc, which this system lacks. Install Node 24 or newer for it.' };
  const url = new URL(`../node_modules/${name}/bin/${platform === 'win32' ? 'node.exe' : 'node'}`, import.meta.url);
  return existsSync(url)
    ? { file: fileURLToPath(url) }
    : { problem: `the one that it brings, ${name}, is not installed. Run: npm install` };
}

/** Whether this is a Linux with another C library than glibc, such as Alpine's musl. */
function hasOtherLibrary() {
  return process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
}

/**
 * Runs the same command with another Node, and ends as it ends. What an editor's auto-attach or the learner's shell has put
 * into NODE_OPTIONS is kept away from it and from all that it starts; `npm run dev` hands it to the app.
 */
function runWith(node) {
  if (process.env.NODE_OPTIONS) process.env.ENCORE_EDITORS_NODE_OPTIONS = process.env.NODE_OPTIONS;
  delete process.env.NODE_OPTIONS;
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both of us, and twice does no harm; a supervisor sends its signal to this one only.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    // No command of ours ends with 127: that is the system's loader, which has said what is missing.
    if (code === 127) broken('exit code 127');
    else process.exit(code === null ? 128 + (constants.signals[signal] || 0) : code);
  });
  child.on('error', (error) => broken(error.message));
  const broken = (why) =>
    runHere(`the one that it brings does not start here (${why}). Install Node 24 or newer from nodejs.org.`);
}
