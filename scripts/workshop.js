// The door to every command. Plain JavaScript in old syntax, so that any Node can at least say what is missing.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
const brought = nodeFromRegistry();
const usesBrought = !brought || realpathSync(process.execPath) === realpathSync(brought);

if (!existsSync(new URL('../node_modules', import.meta.url))) {
  console.error('The packages are not installed yet. Run: npm install');
  process.exitCode = 2;
} else if (!usesBrought || process.env.NODE_OPTIONS) {
  runWith(brought ?? process.execPath);
} else if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `This is Node ${process.versions.node}; the workshop needs 22.18 or newer, and no packaged Node fits ${process.platform} ${process.arch}. Install Node 24 from nodejs.org, then run npm install again.`,
  );
  process.exitCode = 2;
} else {
  const { main } = await import('./cli.ts');
  process.exitCode = await main(process.argv.slice(2));
  // Whatever a library left open must not keep the learner waiting.
  process.exit();
}

/**
 * The Node that package.json pins, if there is one for this machine. npm from 11 on puts it in front of the system's by
 * itself. Older ones, such as the one that comes with Node 20, drop its link: packages for other platforms, which they
 * leave out, would have had it, too.
 */
function nodeFromRegistry() {
  const { platform, arch } = process;
  const names = [`node-${platform === 'win32' ? 'win' : platform}-${arch}`, `node-bin-${platform}-${arch}`];
  const file = platform === 'win32' ? 'node.exe' : 'node';
  const files = names.map((name) => fileURLToPath(new URL(`../node_modules/${name}/bin/${file}`, import.meta.url)));
  return files.find((path) => existsSync(path));
}

/**
 * Runs the same command with another Node, and ends as it ends. What an editor's auto-attach or the learner's shell has put
 * into NODE_OPTIONS is kept away from it and from all that it starts; `npm run dev` hands it to the app.
 */
function runWith(node) {
  const { NODE_OPTIONS = '', ...env } = process.env;
  const child = spawn(node, process.argv.slice(1), {
    stdio: 'inherit',
    env: NODE_OPTIONS ? { ...env, ENCORE_EDITORS_NODE_OPTIONS: NODE_OPTIONS } : env,
  });
  // A terminal sends Ctrl-C to both of us, and twice does no harm; a supervisor sends its signal to this one only.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
